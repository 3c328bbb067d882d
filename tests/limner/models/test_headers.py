import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.models.headers import HeaderBroken, HeaderForeign, parse_header, read_header
from tests.limner.models.folders import header_of, transformer, write_weights

HEADER, DATA_BYTES = header_of({"a": (2, 3), "b": (4,)})


def test_a_header_tells_names_shapes_and_counts(tmp_path: Path) -> None:
    header = read_header(write_weights(tmp_path / "w.safetensors", transformer()))
    assert header.tensors["img_in.weight"].shape == (32, 64)
    assert header.dtype == "BF16"
    assert header.parameters == sum(tensor.parameters for tensor in header.tensors.values()) > 0


def test_a_truncated_file_is_found_out(tmp_path: Path) -> None:
    file = write_weights(tmp_path / "w.safetensors", transformer())
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(HeaderBroken, match=r"is cut off: its header promises \d+ bytes of tensors"):
        read_header(file)


def test_a_file_cut_within_its_header_is_found_out(tmp_path: Path) -> None:
    file = write_weights(tmp_path / "w.safetensors", transformer())
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(HeaderBroken, match="is cut off: its header alone"):
        read_header(file)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "has 0 bytes"),
        (b"abc", "has 3 bytes"),
        (struct.pack("<Q", 2**63) + b"{}", "claims a header of 9223372036854775808 bytes"),
        (struct.pack("<Q", 2) + b"{]", "no JSON"),
        (struct.pack("<Q", 2) + b"[]", "lists no tensors"),
        (struct.pack("<Q", 200_000) + b"[" * 200_000, "no JSON"),
        (struct.pack("<Q", 2) + b"{}xyz", "has 3 bytes more"),
    ],
)
def test_no_header_is_believed_unchecked(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(HeaderBroken, match=why):
        read_header(tmp_path / "w.safetensors")


def test_gguf_is_another_format(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(b"GGUF\3\0\0\0")
    with pytest.raises(HeaderForeign):
        read_header(tmp_path / "w.safetensors")


def overlap(header: dict[str, Any]) -> None:
    header["b"]["data_offsets"] = [4, 12]


def gap(header: dict[str, Any]) -> None:
    header["b"]["data_offsets"] = [14, 22]


def wrong_size(header: dict[str, Any]) -> None:
    header["a"]["shape"] = [2, 4]


def bool_side(header: dict[str, Any]) -> None:
    header["b"]["shape"] = [4, True]


def negative(header: dict[str, Any]) -> None:
    header["b"]["shape"] = [-4]


def unknown_dtype(header: dict[str, Any]) -> None:
    header["a"]["dtype"] = "F12"


def number_as_metadata(header: dict[str, Any]) -> None:
    header["__metadata__"] = {"format": 1}


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (overlap, "overlaps another"),
        (gap, "a gap of 2 bytes"),
        (wrong_size, "do not fit its shape"),
        (bool_side, "impossible shape"),
        (negative, "impossible shape"),
        (unknown_dtype, "unknown dtype 'F12'"),
        (number_as_metadata, "metadata of another kind"),
    ],
)
def test_contradictions_are_named(spoil: Callable[[dict[str, Any]], None], why: str) -> None:
    header = json.loads(json.dumps(HEADER))
    spoil(header)
    with pytest.raises(HeaderBroken, match=why):
        parse_header(json.dumps(header).encode(), DATA_BYTES)


def test_a_name_that_occurs_twice_is_refused() -> None:
    entry = json.dumps(HEADER["a"])
    with pytest.raises(HeaderBroken, match="occurs twice"):
        parse_header(f'{{"a": {entry}, "a": {entry}}}'.encode(), 12)


@given(st.binary(max_size=300), st.integers(0, 100))
def test_any_bytes_are_a_header_or_refused(text: bytes, data_bytes: int) -> None:
    try:
        parse_header(text, data_bytes)
    except HeaderBroken:
        return


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "__metadata__", "x"]),
        json_values
        | st.fixed_dictionaries({"dtype": json_values, "shape": json_values, "data_offsets": json_values}),
    )
)
def test_any_json_is_a_header_or_refused(changes: dict[str, Any]) -> None:
    try:
        parse_header(json.dumps(HEADER | changes).encode(), DATA_BYTES)
    except HeaderBroken:
        return
