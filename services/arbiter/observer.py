"""The witness's child: looks when asked, one line each way, until its parent is gone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import BinaryIO

import setproctitle

from services.arbiter.amd import find_amd_cards
from services.arbiter.apple import find_apple_gpu
from services.arbiter.cards import find_cards
from services.arbiter.probes import Probe, Sample
from services.arbiter.testimony import decode_question, encode_sample

_FIND: dict[str, Callable[[int], Probe | None]] = {
    "nvidia": find_cards,
    "amd": find_amd_cards,
    "apple": lambda budget_bytes: find_apple_gpu(),
}


def observe(probe: Probe | None, questions: BinaryIO, answers: BinaryIO) -> None:
    """Answers every question; a machine without cards has none to show."""
    for question in questions:
        sample = probe.sample(decode_question(question)) if probe else Sample(())
        answers.write(encode_sample(sample))
        answers.flush()


if __name__ == "__main__":
    setproctitle.setproctitle("limner-arbiter-witness")
    vendor, budget_bytes = sys.argv[1:]
    observe(_FIND[vendor](int(budget_bytes)), sys.stdin.buffer, sys.stdout.buffer)
