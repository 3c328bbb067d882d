from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, cast
from uuid import uuid4

import sqlalchemy as sa
from fastapi import Depends, Request
from opentelemetry.trace import TracerProvider

from gateway.catalogue import Catalogue
from gateway.depot import StorageFailed
from gateway.downloads import Downloads
from gateway.events import EventHub
from gateway.fleet import Fleet, running_fleet
from gateway.history import History
from gateway.housekeeping import keeping_house
from gateway.identity import Roster
from gateway.images import ImageStore
from gateway.jobs.activity import Activity
from gateway.jobs.archive import Archive
from gateway.jobs.board import Board
from gateway.jobs.books import Books
from gateway.jobs.census import Census
from gateway.jobs.claims import Claims
from gateway.jobs.database import DatabaseUnusable, using_database
from gateway.jobs.dispatcher import Dispatcher
from gateway.jobs.experience import Experience
from gateway.jobs.forecast import Forecast
from gateway.jobs.holdings import Holdings
from gateway.jobs.inventory import Inventory
from gateway.jobs.job import Job
from gateway.jobs.locks import is_shared
from gateway.jobs.neighbours import being_present, following
from gateway.jobs.past import JobEvents
from gateway.jobs.queue import Queue
from gateway.jobs.store import JobStore
from gateway.jobs.switches import Switches
from gateway.jobs.tokens import Tokens
from gateway.jobs.transactions import Transactions
from gateway.members import FileMembers, FixedMembers, Members
from gateway.metrics import Metrics
from gateway.offers import Offers
from gateway.replicas import EDIT, T2I, TILING
from gateway.results import Results
from gateway.retention import Policy
from gateway.settings import Settings
from gateway.thumbnails import Thumbnails
from gateway.tracing import CarryTrace, Traces
from gateway.uploads import Uploads
from gateway.views import show_job
from limner.arbiter.v1 import arbiter_pb2_grpc
from limner.channel import connect
from limner.models.catalogue import read_catalogue
from limner.models.library import Library


def limner_version() -> str:
    """Returns the version of the installed distribution."""
    try:
        return version("limner")
    except PackageNotFoundError:
        return "0"


class CannotOpen(Exception):
    """The studio cannot be opened, or not safely; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Studio:
    """Everything a route may need."""

    version: str
    books: Books
    dispatcher: Dispatcher
    queue: Queue
    fleet: Fleet
    arbiter: arbiter_pb2_grpc.ArbiterServiceAsyncStub
    uploads: Uploads
    thumbnails: Thumbnails
    history: History
    retention: Policy
    roster: Roster
    offers: Offers | None  # None: the studio is not told where its models are
    max_waiting_jobs: int


@asynccontextmanager
async def open_studio(
    settings: Settings, hub: EventHub, provider: TracerProvider | None
) -> AsyncGenerator[Studio]:
    """Yields a studio that works on its jobs, and stops it; `provider` gets their traces."""
    async with AsyncExitStack() as stack:
        engine = await _open_database(settings.database, stack)
        yield await stack.enter_async_context(_running_studio(settings, hub, provider, engine))


@asynccontextmanager
async def _running_studio(
    settings: Settings, hub: EventHub, provider: TracerProvider | None, engine: sa.Engine
) -> AsyncGenerator[Studio]:
    images = await _open_images(settings.images)
    board = Board(Forecast())

    metrics = Metrics()

    def count(job: Job) -> None:
        if job.state.is_final:
            metrics.ended(job)

    def publish(job: Job, seq: int) -> None:
        # Showing a job takes as long as writing it: not for nobody.
        if hub.is_heard_by(job.owner) or (job.state.is_final and hub.is_awaited(job.id)):
            hub.publish_job(job.owner, show_job(board.view(job)), seq)

    def publish_own(job: Job, seq: int) -> None:
        count(job)
        publish(job, seq)

    # Among several gateways all events come back from the database, those of this one too: in one order.
    is_sole = not is_shared(engine)
    transactions = Transactions(engine, publish_own if is_sole else lambda job, _: count(job))
    try:
        roster = await _open_roster(transactions, settings)
        interceptors = [CarryTrace()] if provider is not None else []
        async with (
            running_fleet(_members(settings), settings.trust, interceptors) as fleet,
            connect(settings.arbiter, settings.trust) as arbiter,
        ):
            catalogues = {service.name: Catalogue(service, fleet) for service in fleet.services}
            holdings = Holdings(transactions)
            results = Results(settings.results, images, holdings)
            books = Books(
                store=JobStore(transactions),
                claims=Claims(transactions, None if is_sole else str(uuid4())),
                events=JobEvents(transactions),
                archive=Archive(transactions),
                holdings=holdings,
                inventory=Inventory(transactions),
                switches=Switches(transactions),
                census=Census(transactions),
                experience=Experience(transactions),
                activity=Activity(transactions),
                images=images,
                results=results,
                board=board,
                hub=hub,
                metrics=metrics,
                traces=Traces(provider),
                catalogues=catalogues,
            )
            dispatcher = Dispatcher(books, fleet)
            thumbnails = Thumbnails(images)
            async with being_present(engine, books.claims):
                try:
                    async with following(engine, books, dispatcher, publish):
                        history = History(books.archive, holdings, images, hub)
                        async with (
                            keeping_house(history, books, settings.retention),
                            _offering(settings.models_dir, hub) as offers,
                        ):
                            yield Studio(
                                limner_version(),
                                books,
                                dispatcher,
                                Queue(books, dispatcher),
                                fleet,
                                arbiter_pb2_grpc.ArbiterServiceStub(arbiter),
                                Uploads.open(),
                                thumbnails,
                                history,
                                settings.retention,
                                roster,
                                offers,
                                settings.max_waiting_jobs,
                            )
                finally:
                    await thumbnails.close()
                    await dispatcher.stop()
    finally:
        transactions.close()


def _members(settings: Settings) -> Members:
    if settings.replicas_file is not None:
        return FileMembers(settings.replicas_file)
    given = {T2I: settings.t2i, EDIT: settings.edit, TILING: settings.tiling}
    return FixedMembers({service: frozenset(addresses) for service, addresses in given.items()})


@asynccontextmanager
async def _offering(models_dir: Path | None, hub: EventHub) -> AsyncGenerator[Offers | None]:
    if models_dir is None:
        yield None
        return
    library = Library(models_dir, read_catalogue())
    downloads = Downloads(library, hub.publish_download)
    try:
        yield Offers(library, downloads)
    finally:
        await downloads.close()


async def _open_database(url: str, stack: AsyncExitStack) -> sa.Engine:
    try:
        return await asyncio.to_thread(stack.enter_context, using_database(url))
    except DatabaseUnusable as error:
        raise CannotOpen(str(error)) from error


async def _open_roster(transactions: Transactions, settings: Settings) -> Roster:
    roster = Roster(Tokens(transactions), is_loopback=settings.is_loopback)
    await roster.refresh()
    if roster.is_empty and not settings.is_loopback:
        raise CannotOpen(
            f"On host {settings.host} other machines could use the studio, and there is no token yet; "
            "make one with `limner token add NAME`, or set LIMNER_HOST to 127.0.0.1."
        )
    return roster


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


# Not a plain function, here and in `identity`: FastAPI would call that in a thread, at every request.
async def _from_request(request: Request) -> Studio:
    return cast("Studio", request.app.state.studio)


StudioDep = Annotated[Studio, Depends(_from_request)]
