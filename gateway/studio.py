from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, cast

import sqlalchemy as sa
from fastapi import Depends, Request
from opentelemetry.trace import TracerProvider
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from gateway.catalogue import Catalogue
from gateway.depot import StorageFailed
from gateway.events import EventHub
from gateway.images import ImageStore
from gateway.jobs.archive import Archive
from gateway.jobs.board import Board
from gateway.jobs.books import Books
from gateway.jobs.census import Census
from gateway.jobs.database import open_database
from gateway.jobs.dispatcher import Dispatcher
from gateway.jobs.forecast import Forecast
from gateway.jobs.holdings import Holdings
from gateway.jobs.job import Job
from gateway.jobs.past import JobEvents
from gateway.jobs.store import JobStore
from gateway.jobs.switches import Switches
from gateway.jobs.transactions import Transactions
from gateway.metrics import Metrics
from gateway.replicas import EDIT, T2I, TILING, Replica, connect_replicas
from gateway.results import Results
from gateway.settings import Settings
from gateway.thumbnails import Thumbnails
from gateway.tracing import CarryTrace, Traces
from gateway.uploads import Uploads
from gateway.views import show_job
from limner.arbiter.v1 import arbiter_pb2_grpc
from limner.channel import connect


def limner_version() -> str:
    """Returns the version of the installed distribution."""
    try:
        return version("limner")
    except PackageNotFoundError:
        return "0"


# While there are no tokens, everything belongs to nobody in particular.
OWNER = ""


class CannotOpen(Exception):
    """The job database or the image store cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Studio:
    """Everything a route may need."""

    version: str
    books: Books
    dispatcher: Dispatcher
    replicas: list[Replica]
    arbiter: arbiter_pb2_grpc.ArbiterServiceAsyncStub
    uploads: Uploads
    thumbnails: Thumbnails


@asynccontextmanager
async def open_studio(
    settings: Settings, hub: EventHub, provider: TracerProvider | None
) -> AsyncGenerator[Studio]:
    """Yields a studio that works on its jobs, and stops it; `provider` gets their traces."""
    engine = await asyncio.to_thread(_open_database, settings.database)
    images = await _open_images(settings.images)
    given = {T2I: settings.t2i, EDIT: settings.edit, TILING: settings.tiling}
    board = Board(Forecast({service.name: len(each) for service, each in given.items()}))

    metrics = Metrics()

    def publish(job: Job, seq: int) -> None:
        if job.state.is_final:
            metrics.ended(job)
        hub.publish_job(show_job(board.view(job)), seq)

    transactions = Transactions(engine, publish)
    try:
        addresses = {service: each for service, each in given.items() if each}
        interceptors = [CarryTrace()] if provider is not None else []
        async with (
            connect_replicas(addresses, settings.trust, interceptors) as replicas,
            connect(settings.arbiter, settings.trust) as arbiter,
        ):
            catalogues = {service.name: Catalogue(service, replicas) for service in addresses}
            results = Results(settings.results, images)
            books = Books(
                store=JobStore(transactions),
                events=JobEvents(transactions),
                archive=Archive(transactions),
                holdings=Holdings(transactions),
                switches=Switches(transactions),
                census=Census(transactions),
                images=images,
                results=results,
                board=board,
                hub=hub,
                metrics=metrics,
                traces=Traces(provider),
                catalogues=catalogues,
            )
            dispatcher = Dispatcher(books, replicas)
            thumbnails = Thumbnails(images)
            await dispatcher.start()
            try:
                yield Studio(
                    limner_version(),
                    books,
                    dispatcher,
                    replicas,
                    arbiter_pb2_grpc.ArbiterServiceStub(arbiter),
                    Uploads.open(),
                    thumbnails,
                )
            finally:
                await thumbnails.close()
                await dispatcher.stop()
    finally:
        transactions.close()


def _open_database(url: str) -> sa.Engine:
    try:
        return open_database(url)
    except (SQLAlchemyError, OSError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        text = f"The job database {url!r} cannot be opened: {cause}. Is its folder there and writable?"
        raise CannotOpen(text) from error


async def _open_images(location: str) -> ImageStore:
    try:
        images = ImageStore.open(location)
        await images.probe()
    except StorageFailed as error:
        text = (
            f"The image store {location!r} cannot be opened: {error}. LIMNER_GATEWAY_IMAGES must name a "
            "writable folder, or an s3:// URL whose endpoint, region and keys are in AWS_ENDPOINT_URL, "
            "AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )
        raise CannotOpen(text) from error
    return images


def _from_request(request: Request) -> Studio:
    return cast("Studio", request.app.state.studio)


StudioDep = Annotated[Studio, Depends(_from_request)]
