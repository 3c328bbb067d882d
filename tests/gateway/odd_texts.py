"""Prompts that nobody writes: seeded, so that every run has the same."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

_LONGEST = 2000
_PIECES = (
    "a red circle",
    "\u202eright to left\u202c \u2066isolated\u2069",
    "שלום עולם مرحبا بالعالم",
    "👩‍👩‍👧‍👦🏳️‍🌈🇺🇦👍🏽",
    "z" + "".join(map(chr, range(0x300, 0x330))),
    "\u200b\u200d\ufeff\u2060\u00ad",
    "\uffff\ufffe\ufdd0\U0001ffff\U0010ffff\ue000",
    "\x7f\x80\x85\x9f\u2028\u2029",
    "\r\n\t \u3000",
    "ﷺ㋿ßİıſﬃ",
    "'; DROP TABLE jobs; -- \" \\ \\\\u0000 %00 %s {0} ${HOME} `id`",
    "<script>alert(1)</script>&amp;]]>",
    "Negative prompt: nothing\nSteps: 20, Seed: 1, Size: 64x64",
    '{"version": 1, "kind": "tiled"}',
    "\u0000",
    "\x01\x08\x1b[31m\x1f",
    "\ud800",
    "\udc00\ud800",
)


def odd_texts(count: int) -> Iterator[str]:
    """Yields texts, empty, blank, too long and broken ones among them."""
    rng = random.Random(20_26)
    makers: tuple[Callable[[random.Random], str], ...] = (_mix, _mix, _mix, _flood, _scatter, _edge)
    for _ in range(count):
        # Halves that came to stand side by side are one character, to JSON as well.
        yield rng.choice(makers)(rng).encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def is_writable(text: str) -> bool:
    """Tells whether a prompt says something in whole characters, and in no more than are allowed."""
    return (
        1 <= len(text) <= _LONGEST
        and bool(text.strip())
        and not any((ord(c) < 32 and c not in "\n\r\t") or 0xD800 <= ord(c) < 0xE000 for c in text)
    )


def _mix(rng: random.Random) -> str:
    return "".join(rng.choices(_PIECES[:-4], k=rng.randint(1, 6))) + (
        rng.choice(_PIECES) if rng.random() < 0.2 else ""
    )


def _flood(rng: random.Random) -> str:
    """As much of one thing as is allowed, or one more."""
    piece = rng.choice(_PIECES)
    return (piece * _LONGEST)[: rng.choice((_LONGEST, _LONGEST, _LONGEST + 1))]


def _scatter(rng: random.Random) -> str:
    most = rng.choice((0x7F, 0xFF, 0xFFFF, 0x10FFFF))
    return "".join(chr(rng.randint(0, most)) for _ in range(rng.randint(1, 20)))


def _edge(rng: random.Random) -> str:
    return rng.choice(
        ("", " ", "\u3000\u2003\n", "\0", "\ud83e", "a\0b", "x" * 10_000, "\x1f", "0", "\u200b")
    )
