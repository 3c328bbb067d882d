"""What was measured of models on one device, as `limner bench` and the fronts write it down. Pure.

One JSON file per device and set of library versions lies in the home's `profiles` folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace

FORMAT = 1
_BUCKET_PX = 256 * 256


@dataclass(frozen=True, slots=True)
class Row:
    """What one model took in one tier, for pictures of about one size."""

    model: str
    revision: str
    tier: str
    bucket_px: int  # see `bucket_of`
    step_s: float  # of one denoising step
    load_s: float | None = None  # None: it was in memory already
    decode_s: float | None = None  # of one picture
    peak_bytes: int = 0  # 0: not known
    measured_at: float = 0.0  # unix s

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What a later measurement replaces it by."""
        return self.model, self.revision, self.tier, self.bucket_px


@dataclass(frozen=True, slots=True)
class Profiles:
    """All rows of one device."""

    device: str = ""
    libraries: tuple[tuple[str, str], ...] = ()  # name, version
    rows: tuple[Row, ...] = ()

    def find(self, model: str, revision: str, tier: str, area_px: int) -> Row | None:
        """Returns what was measured for pictures of about that area."""
        key = (model, revision, tier, bucket_of(area_px))
        return next((row for row in self.rows if row.key == key), None)

    def with_row(self, row: Row) -> Profiles:
        """Returns them with what was measured last; the load of an earlier row stays unless told anew."""
        before = next((each for each in self.rows if each.key == row.key), None)
        if before is not None and row.load_s is None:
            row = replace(row, load_s=before.load_s)
        return replace(self, rows=(*(each for each in self.rows if each.key != row.key), row))

    def to_text(self) -> str:
        """Returns them as JSON."""
        told = {
            "format": FORMAT,
            "device": self.device,
            "libraries": dict(self.libraries),
            "rows": [asdict(row) for row in self.rows],
        }
        return json.dumps(told, indent=1) + "\n"


NONE = Profiles()


def read_profiles(text: str) -> Profiles:
    """Returns what was written down; nothing of a text that is torn or of another format."""
    try:
        told = json.loads(text)
        if told["format"] != FORMAT:
            return NONE
        rows = tuple(Row(**row) for row in told["rows"])
        return Profiles(str(told["device"]), tuple(sorted(dict(told["libraries"]).items())), rows)
    except (ValueError, KeyError, TypeError):
        return NONE


def file_name(device: str, libraries: Mapping[str, str]) -> str:
    """Names the file of one device and set of library versions."""
    text = json.dumps([device, sorted(libraries.items())])
    return f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"


def bucket_of(area_px: int) -> int:
    """Returns the area to which one of nearly that size belongs: the next power of √2 of 256²."""
    bucket_px = float(_BUCKET_PX)
    while bucket_px < area_px:
        bucket_px *= 2**0.5
    return round(bucket_px)


def newest(rows: Iterable[Row]) -> Row | None:
    """Returns the row that was measured last."""
    return max(rows, key=lambda row: row.measured_at, default=None)
