"""Where the models of the catalogue lie on this machine, and what belongs into one another's folders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from limner.models import attaching
from limner.models.entry import Entry, Kind
from limner.models.failure import ModelFailure, Reason
from limner.models.shelf import Shelf
from limner.models.space import disk_refusals


@dataclass(frozen=True, slots=True)
class Library:
    """The folder of models, that of LoRAs beside it, and what may be fetched into them."""

    models: Path
    entries: Sequence[Entry]

    @property
    def loras(self) -> Path:
        """The folder of LoRAs, which are offered for every model that they fit."""
        return self.models.parent / "loras"

    def find(self, name: str) -> Entry:
        """Returns the entry of that name, whatever its case. Raises ModelFailure."""
        found = next((entry for entry in self.entries if entry.name.lower() == name.lower()), None)
        if found is None:
            names = ", ".join(entry.name for entry in self.entries if not entry.is_built_in)
            raise ModelFailure(
                Reason.UNKNOWN,
                f"The catalogue has no model {name[:100]!r}; those to be downloaded are {names}.",
            )
        return found

    def shelf_of(self, entry: Entry) -> Shelf:
        """Returns where that entry's folder is."""
        return Shelf(self.loras if entry.kind is Kind.LORA else self.models)

    def has(self, entry: Entry) -> bool:
        """Whether a model can be used without a download."""
        return entry.is_built_in or self.shelf_of(entry).has(entry.name)

    def attach(self, entry: Entry) -> tuple[str, ...]:
        """Puts a model that has come into its bases' folders, and what it is a base of into its own.

        Returns sentences about what could not be put where it belongs. Raises ModelFailure.
        """
        pairs = [(entry, base) for base in map(self.find, entry.bases)]
        pairs += [(other, entry) for other in self.entries if entry.name in other.bases]
        return tuple(filter(None, (self._attach(guest, base) for guest, base in pairs)))

    def detach(self, entry: Entry) -> None:
        """Takes a model out of its bases' folders, once it is removed. Raises ModelFailure."""
        self._with_slots(entry, attaching.detach)

    def _attach(self, guest: Entry, base: Entry) -> str:
        shelf, host = self.shelf_of(guest), self.shelf_of(base)
        if not guest.slot or base.is_built_in or not shelf.has(guest.name) or not host.has(base.name):
            return ""
        slot = host.finished(base.name) / guest.slot
        with disk_refusals(host.root):
            if attaching.attach(shelf.finished(guest.name), slot):
                return ""
        return f"{slot} is there already, so {base.name} goes on with that instead of {guest.name}."

    def _with_slots(self, guest: Entry, do: Callable[[Path, Path], None]) -> None:
        for base in map(self.find, guest.bases if guest.slot else ()):
            host = self.shelf_of(base)
            with disk_refusals(host.root):
                do(self.shelf_of(guest).finished(guest.name), host.finished(base.name) / guest.slot)
