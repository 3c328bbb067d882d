"""What a probe in another process says, one JSON line each way; nothing of it is believed unchecked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.arbiter.demands import HOST_POOLS
from services.arbiter.leases import Key
from services.arbiter.ledger import Device
from services.arbiter.probes import Sample

LONGEST_LINE_BYTES = 1 << 20
_Bytes = Annotated[int, Field(ge=0, le=1 << 56, strict=True)]  # Beyond any machine.


class _Device(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=256)
    name: str = Field(max_length=256)
    total_bytes: _Bytes
    limit_bytes: _Bytes
    foreign_bytes: _Bytes
    observed_bytes: _Bytes
    margin_bytes: _Bytes
    frees_at_death: bool


class _Testimony(BaseModel):
    model_config = ConfigDict(extra="forbid")

    devices: list[_Device] = Field(max_length=64)
    present: list[tuple[str, str]]


_SAID_FIELDS = frozenset(_Device.model_fields)


def encode_question(pids: Mapping[Key, int]) -> bytes:
    """Returns the line that asks for a sample."""
    return json.dumps([[*key, pid] for key, pid in pids.items()]).encode() + b"\n"


def decode_question(line: bytes) -> dict[Key, int]:
    """Returns what `encode_question` was given."""
    return {Key(holder, incarnation): pid for holder, incarnation, pid in json.loads(line)}


def encode_sample(sample: Sample) -> bytes:
    """Returns the line that answers."""
    devices = [{name: getattr(device, name) for name in _SAID_FIELDS} for device in sample.devices]
    return json.dumps({"devices": devices, "present": sorted(sample.present)}).encode() + b"\n"


def decode_sample(line: bytes) -> Sample:
    """Returns what was said; raises ValueError when it cannot be true."""
    try:
        said = _Testimony.model_validate_json(line)
    except ValidationError as error:
        raise ValueError(f"not a sample: {error.errors(include_url=False)[0]['msg']}") from None
    for device in said.devices:
        # An operator may budget more of the host's memory than there is; a card has no such freedom.
        is_card = device.id not in HOST_POOLS
        if is_card and device.limit_bytes + device.margin_bytes > device.total_bytes:
            raise ValueError(
                f"{device.id} offers {device.limit_bytes} bytes beside a margin of {device.margin_bytes}, "
                f"but has {device.total_bytes}."
            )
    ids = [device.id for device in said.devices]
    if len(set(ids)) < len(ids):
        raise ValueError("A device is named twice.")
    devices = tuple(Device(**device.model_dump()) for device in said.devices)
    return Sample(devices, frozenset(Key(*key) for key in said.present))
