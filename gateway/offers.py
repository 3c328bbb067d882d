"""Which models there are and could be, and what stands in the way of fetching one."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from gateway import schemas
from gateway.downloads import Downloads
from gateway.problems import ProblemError
from limner.machine.collection import Item, list_items
from limner.machine.machine import find_devices
from limner.models.download import check_licence
from limner.models.entry import Entry
from limner.models.failure import ModelFailure, Reason
from limner.models.hub_settings import read_hub_settings
from limner.models.library import Library
from limner.models.space import check_room, disk_refusals

_STATUS: Mapping[Reason, tuple[int, str]] = {
    Reason.UNKNOWN: (404, "MODEL_NOT_FOUND"),
    Reason.BUILT_IN: (409, "MODEL_BUILT_IN"),
    Reason.LICENCE: (403, "LICENCE_NOT_ACCEPTED"),
    Reason.OFFLINE: (503, "OFFLINE"),
    Reason.NO_ROOM: (507, "INSUFFICIENT_STORAGE"),
    Reason.NOT_WRITABLE: (507, "STORAGE_UNAVAILABLE"),
    Reason.SETTING: (503, "HUB_UNUSABLE"),
}


class Offers:
    """The models of the catalogue and of the folder of models, and the downloads between the two."""

    def __init__(self, library: Library, downloads: Downloads) -> None:
        self._library = library
        self.downloads = downloads

    def look(self, host_budget_bytes: int | None) -> tuple[str, list[Item]]:
        """Returns the device that tiers are told for, and all models; reads folders and asks drivers."""
        device = find_devices(host_budget_bytes)[0]
        return device.name, list_items(self._library, device)

    async def fetch(
        self, name: str, environment: Mapping[str, str], *, is_accepted: bool
    ) -> schemas.Download:
        """Starts a download, or goes on with the one that runs. Raises ProblemError where that is no use."""
        with _problems():
            entry = self._library.find(name)
            known = self.downloads.get(entry.name)
            if known is None or known.state.is_final:
                check_licence(entry, is_accepted=is_accepted)
                await asyncio.to_thread(self._check_absence, entry)
                # First what no room on the disk would help against.
                read_hub_settings(environment).check_online()
                await asyncio.to_thread(self._check_room, entry)
        return self.downloads.start(entry, is_accepted=is_accepted)

    def _check_absence(self, entry: Entry) -> None:
        if self._library.has(entry):
            text = f"{entry.name} is here already; there is nothing to download."
            raise ProblemError(409, "MODEL_PRESENT", text)

    def _check_room(self, entry: Entry) -> None:
        shelf = self._library.shelf_of(entry)
        with disk_refusals(shelf.root):
            shelf.root.mkdir(parents=True, exist_ok=True)
            check_room(shelf.root, entry.expected_bytes - shelf.fetched_bytes(entry.name))


@contextmanager
def _problems() -> Generator[None]:
    try:
        yield
    except ModelFailure as failure:
        status, code = _STATUS[failure.reason]
        raise ProblemError(status, code, str(failure)) from failure


def show_item(item: Item, download: schemas.Download | None) -> schemas.CatalogueModel:
    """Returns a model in the public shape."""
    return schemas.CatalogueModel(
        name=item.name,
        title=item.title,
        family=item.family,
        kind=item.kind.value,
        license=item.license,
        license_url=item.license_url,
        commercial_use=item.commercial_use,
        opt_in=item.opt_in,
        built_in=item.is_built_in,
        size_bytes=item.size_bytes,
        size_is_exact=item.is_exact,
        is_present=item.is_present,
        fetched_bytes=item.fetched_bytes,
        capabilities=list(item.skills),
        tier=item.tier,
        note=item.note,
        download=download,
    )
