"""Protobuf messages gone wrong: strategies that change a good one, field by field or byte by byte."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hypothesis import strategies as st

from tests.rpc.odd_pictures import odd_pictures

M = TypeVar("M", bound=Message)
Draw = Callable[[st.SearchStrategy[Any]], Any]

_TEXTS = (
    "",
    " \t\n",
    "\0",
    "a\0b",
    "\x1b[2J\r\n",
    "\ufeff\u202eabc\u2066",
    "שלום مرحبا",
    "👩‍👩‍👧‍👦🏳️‍🌈" * 20,
    "e" + "\u0301" * 1500,
    "\U0010ffff\ufffe\ue000",
    "../../../etc/passwd",
    "%s %n {0} ${HOME} '; --",
    "x" * 65,
    "字" * 2001,
    "🦆" * 5_000,
    "x" * 2**20,
)
_NUMBERS = (0, 1, -1, 2, 15, 16, 17, 64, 99, 1000, 2**31 - 1, -(2**31), 2**53, 2**63 - 1, -(2**63))
_FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 5e-324, 1e308, 2.0**63, math.inf, -math.inf, math.nan)
_COUNTS = (2, 5, 17, 100, 2_000)
_LARGE = 10_000  # What is larger is not repeated often: the whole shall be small enough to be sent.
_INT32 = {FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_ENUM}
_UNKNOWN_FIELDS = b"\xfa\x07\x03abc" * 300 + b"\xf8\x3f\x01"


@st.composite
def mutated(draw: Draw, message: M, is_kept: Callable[[FieldDescriptor], bool] = lambda _: False) -> M:
    """Draws copies of `message` with one to three fields changed; those that `is_kept` stay as they are."""
    changed = type(message)()
    changed.CopyFrom(message)
    for _ in range(draw(st.integers(1, 3))):
        _change(changed, draw, is_kept)
    return changed


@st.composite
def garbled(draw: Draw, data: bytes) -> bytes:
    """Draws serialised messages with some bytes changed, added or lost."""
    bytes_left = bytearray(data)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(bytes_left)))
        match draw(st.sampled_from(["flip", "cut", "drop", "insert", "repeat", "unknown"])):
            case "flip":
                bytes_left[place : place + 1] = bytes([draw(st.integers(0, 255))])
            case "cut":
                del bytes_left[place:]
            case "drop":
                del bytes_left[place : place + draw(st.integers(1, 9))]
            case "insert":
                bytes_left[place:place] = draw(st.binary(min_size=1, max_size=9))
            case "repeat":
                bytes_left[place:place] = bytes_left[:place][-40:] * 3
            case _:
                bytes_left += _UNKNOWN_FIELDS
    return bytes(bytes_left)


def _change(message: Message, draw: Draw, is_kept: Callable[[FieldDescriptor], bool]) -> None:
    fields = [f for f in cast("list[FieldDescriptor]", message.DESCRIPTOR.fields) if not is_kept(f)]
    if not fields:
        return
    field = draw(st.sampled_from(fields))
    if draw(st.integers(0, 9)) == 0:
        message.ClearField(field.name)
    elif _is_map(field):
        _change_map(message, field, draw)
    elif field.is_repeated:
        _change_list(message, field, draw, is_kept)
    elif field.message_type is not None:
        inner = getattr(message, field.name)
        inner.SetInParent()
        if draw(st.booleans()) or not field.message_type.fields:
            return
        _change(inner, draw, is_kept)
    else:
        setattr(message, field.name, draw(_odd(field)))


def _change_list(
    message: Message, field: FieldDescriptor, draw: Draw, is_kept: Callable[[FieldDescriptor], bool]
) -> None:
    entries = getattr(message, field.name)
    count = draw(st.sampled_from(_COUNTS))
    if field.message_type is None:
        entries.extend([draw(_odd(field))] * count)
    elif entries and draw(st.booleans()):
        _change(draw(st.sampled_from(list(entries))), draw, is_kept)
    else:
        entry = entries[0] if entries else entries.add()
        entries.extend([entry] * (count if entry.ByteSize() < _LARGE else 5))


def _change_map(message: Message, field: FieldDescriptor, draw: Draw) -> None:
    assert field.message_type is not None
    keys, values = (_odd(field.message_type.fields_by_name[name]) for name in ("key", "value"))
    value = draw(values)
    count = draw(st.sampled_from(_COUNTS))
    many = [f"key {number}" for number in range(count if len(str(value)) < _LARGE else 2)]
    for key in [draw(keys)] if draw(st.booleans()) else many:
        getattr(message, field.name)[key] = value


def _odd(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    """Returns values that fit a field's type and nothing else."""
    match field.type:
        case FieldDescriptor.TYPE_STRING:
            return st.sampled_from(_TEXTS)
        case FieldDescriptor.TYPE_BYTES:
            return st.sampled_from(odd_pictures())
        case FieldDescriptor.TYPE_DOUBLE | FieldDescriptor.TYPE_FLOAT:
            return st.sampled_from(_FLOATS)
        case FieldDescriptor.TYPE_BOOL:
            return st.booleans()
        case _:
            most = 2**31 if field.type in _INT32 else 2**63
            return st.sampled_from([number for number in _NUMBERS if -most <= number < most])


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)
