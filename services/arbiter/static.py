"""Cards as an operator describes them, where no driver can be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from limner.models.device import card_margin_bytes
from services.arbiter.devices import host_pools
from services.arbiter.leases import Key
from services.arbiter.ledger import Device
from services.arbiter.probes import Sample


class StaticCard(BaseModel):
    """One card in the settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1, max_length=128, description="What workers call it, e.g. its UUID.")
    name: str = Field(default="", max_length=128, description="For people.")
    total_bytes: int = Field(gt=0, le=1 << 50, description="Its memory.")


class StaticProbe:
    """Sees nothing: what others use is unknown, and a dead worker's bytes are trusted to be back."""

    def __init__(self, cards: Sequence[StaticCard], budget_bytes: int) -> None:
        devices = [
            Device(
                card.id,
                card.name or card.id,
                card.total_bytes,
                max(0, card.total_bytes - (margin := card_margin_bytes(card.total_bytes, has_display=False))),
                margin_bytes=margin,
                health="unwatched",
            )
            for card in cards
        ]
        self._devices = (*devices, *host_pools(budget_bytes))

    def sample(self, pids: Mapping[Key, int]) -> Sample:
        """Returns the cards of the settings."""
        return Sample(self._devices)
