from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, cast

import sqlalchemy as sa
from fastapi import Depends, Request
from obstore.exceptions import BaseError as ObstoreError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from gateway.catalogue import Catalogue
from gateway.events import EventHub
from gateway.images import ImageStore
from gateway.jobs.archive import Archive
from gateway.jobs.board import Board
from gateway.jobs.books import Books
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


@asynccontextmanager
async def open_studio(settings: Settings, hub: EventHub) -> AsyncGenerator[Studio]:
    """Yields a studio that works on its jobs, and stops it."""
    engine = await asyncio.to_thread(_open_database, settings.database)
    images = _open_images(settings.images)
    given = {T2I: settings.t2i, EDIT: settings.edit, TILING: settings.tiling}
    board = Board(Forecast({service.name: len(each) for service, each in given.items()}))

    def publish(job: Job, seq: int) -> None:
        hub.publish_job(show_job(board.view(job)), seq)

    transactions = Transactions(engine, publish)
    try:
        addresses = {service: each for service, each in given.items() if each}
        async with (
            connect_replicas(addresses, settings.trust) as replicas,
            connect(settings.arbiter, settings.trust) as arbiter,
        ):
            metrics = Metrics()
            metrics.queue_depth.set_function(board.waiting_count)
            catalogues = {service.name: Catalogue(service, replicas) for service in addresses}
            results = Results(settings.results, images)
            books = Books(
                store=JobStore(transactions),
                events=JobEvents(transactions),
                archive=Archive(transactions),
                holdings=Holdings(transactions),
                switches=Switches(transactions),
                images=images,
                results=results,
                board=board,
                hub=hub,
                metrics=metrics,
                catalogues=catalogues,
            )
            dispatcher = Dispatcher(books, replicas)
            await dispatcher.start()
            try:
                yield Studio(
                    limner_version(),
                    books,
                    dispatcher,
                    replicas,
                    arbiter_pb2_grpc.ArbiterServiceStub(arbiter),
                    Uploads.open(),
                )
            finally:
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


def _open_images(location: str) -> ImageStore:
    try:
        return ImageStore.open(location)
    except (ObstoreError, OSError) as error:
        text = f"The image store {location!r} cannot be opened: {error}. Is it there and writable?"
        raise CannotOpen(text) from error


def _from_request(request: Request) -> Studio:
    return cast("Studio", request.app.state.studio)


StudioDep = Annotated[Studio, Depends(_from_request)]
