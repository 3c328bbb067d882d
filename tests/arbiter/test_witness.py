"""The watched child, with real child processes that answer, hang, die, lie or never stop."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from services.arbiter.child import Silent
from services.arbiter.leases import Key
from services.arbiter.witness import Patience, Witness
from tests.arbiter.holder import MIB

KEY = Key("t2i", "1")
CARD = {
    "id": "GPU-1",
    "name": "card",
    "total_bytes": 1000 * MIB,
    "limit_bytes": 900 * MIB,
    "foreign_bytes": 10 * MIB,
    "observed_bytes": 0,
    "margin_bytes": 50 * MIB,
    "frees_at_death": False,
}
# Bare interpreters start fast. Each answers as its file says, which a test may change while it runs.
CHILD = """
import os, signal, sys, time
for question in sys.stdin:
    text = open(sys.argv[1]).read()
    if text == "hang":
        time.sleep(60)
    if text == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if text == "babble":
        while True:
            sys.stdout.write("x" * 65536)
    print(text, flush=True)
"""
PATIENCE = Patience(answer_s=0.3, start_s=10.0, stale_s=0.4, pause_s=0.05, longest_pause_s=0.2)


class Puppet:
    """What the children of one witness do."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.answers(CARD)

    def answers(self, *cards: Mapping[str, object]) -> None:
        """From now on, children name these cards."""
        self.says(json.dumps({"devices": cards, "present": []}))

    def says(self, text: str) -> None:
        """From now on, children print `text`, or do what it orders."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(self.file)


@pytest.fixture
def puppet(tmp_path: Path) -> Puppet:
    """A child's script."""
    return Puppet(tmp_path / "script")


@pytest.fixture
def witness(puppet: Puppet) -> Iterator[Witness]:
    """A witness that has seen one card."""
    witness = Witness((sys.executable, "-ISc", CHILD, str(puppet.file)), PATIENCE)
    witness.begin()
    yield witness
    witness.close()


def look_until(witness: Witness, is_so: Callable[[str], bool]) -> str:
    """Looks until the card's health satisfies a condition, and returns it."""
    deadline_s = time.monotonic() + 20
    while time.monotonic() < deadline_s:
        (device,) = witness.sample({KEY: 1}).devices
        if is_so(device.health):
            return device.health
        time.sleep(0.05)
    raise AssertionError("the health never changed")


def test_a_child_that_answers_is_believed(witness: Witness) -> None:
    (device,) = witness.sample({}).devices
    assert (device.id, device.limit_bytes, device.health) == ("GPU-1", 900 * MIB, "ok")


@pytest.mark.parametrize(
    "behaviour", ["hang", "die", "babble", "nonsense", '{"devices": []', '{"devices": [1], "present": []}']
)
def test_a_child_that_misbehaves_blocks_for_one_answer_at_most_and_makes_readings_stale(
    witness: Witness, puppet: Puppet, behaviour: str
) -> None:
    puppet.says(behaviour)
    began_s = time.monotonic()
    witness.sample({KEY: 1})
    assert time.monotonic() - began_s < 5, "a child that hangs does so for a minute"
    assert look_until(witness, lambda health: health != "ok").startswith("stale: last seen")
    puppet.answers(CARD)
    assert look_until(witness, lambda health: health == "ok")


def test_stale_readings_double_the_margin_and_leave_what_could_ever_fit(
    witness: Witness, puppet: Puppet
) -> None:
    (before,) = witness.sample({}).devices
    puppet.says("hang")
    look_until(witness, lambda health: health.startswith("stale"))
    (stale,) = witness.sample({}).devices
    assert before.capacity_bytes - stale.capacity_bytes == 50 * MIB
    assert stale.limit_bytes == before.limit_bytes


def test_nobody_is_taken_for_gone_by_a_witness_that_does_not_look(witness: Witness, puppet: Puppet) -> None:
    assert KEY not in witness.sample({KEY: 1}).present
    puppet.says("hang")
    assert KEY in witness.sample({KEY: 1}).present


def test_a_stopped_child_is_replaced_by_another(witness: Witness, puppet: Puppet) -> None:
    (first,) = children(puppet)
    os.kill(first, signal.SIGSTOP)
    assert look_until(witness, lambda health: health == "ok" and children(puppet) not in ([], [first]))


def test_a_card_that_is_no_longer_named_is_lost_and_grants_nothing(witness: Witness, puppet: Puppet) -> None:
    puppet.answers({**CARD, "id": "GPU-2"})
    named, lost = witness.sample({}).devices
    assert (named.id, named.health) == ("GPU-2", "ok")
    assert (lost.id, lost.capacity_bytes) == ("GPU-1", 0)
    assert lost.health.startswith("lost")


@pytest.mark.parametrize(
    "lie",
    [
        {"total_bytes": -1},
        {"total_bytes": 1 << 60},
        {"limit_bytes": 2000 * MIB},
        {"foreign_bytes": "many"},
        {"observed_bytes": 0.5},
        {"id": ""},
        {"surprise": 1},
    ],
)
def test_figures_that_cannot_be_true_are_not_believed(
    witness: Witness, puppet: Puppet, lie: dict[str, object]
) -> None:
    (before,) = witness.sample({}).devices
    puppet.answers({**CARD, **lie})
    (after,) = witness.sample({}).devices
    assert after.total_bytes == before.total_bytes
    assert look_until(witness, lambda health: health.startswith("stale"))


def test_restarts_come_at_growing_distances(puppet: Puppet, tmp_path: Path) -> None:
    births = tmp_path / "births"
    script = "import sys, time; open(sys.argv[1], 'a').write(f'{time.monotonic()}\\n')"
    patience = Patience(answer_s=1.0, start_s=1.5, pause_s=0.1, longest_pause_s=0.4)
    witness = Witness((sys.executable, "-ISc", script, str(births)), patience)
    with pytest.raises(Silent, match="LIMNER_ARBITER_CARDS"):
        witness.begin()
    witness.close()
    times = [float(line) for line in births.read_text().split()]
    assert 2 <= len(times) <= 7, "the pauses 0.1 + 0.2 + 0.4 + … leave room for no more"


def test_the_child_ends_with_its_parent(puppet: Puppet) -> None:
    witness = Witness((sys.executable, "-ISc", CHILD, str(puppet.file)), PATIENCE)
    witness.begin()
    assert len(children(puppet)) == 1
    witness.close()
    assert children(puppet) == []


def children(puppet: Puppet) -> list[int]:
    """Returns the children that play this script."""
    return [child.pid for child in psutil.Process().children() if _plays(child, puppet)]


def _plays(child: psutil.Process, puppet: Puppet) -> bool:
    try:
        return str(puppet.file) in child.cmdline()
    except psutil.Error:
        # A killed child that nobody has waited for yet has no command line.
        return False
