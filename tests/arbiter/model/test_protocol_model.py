"""The lease protocol, searched exhaustively by spin; every deliberate weakening of it must be found."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

MODEL = Path(__file__).with_name("leases.pml")
PRODUCTION = MODEL.parents[3] / "services"

# Two holders on a device with room for one.
ALONE: dict[str, int] = {}
# Two that are resident beside each other, of which one may load or compute.
TURNS = {"JOBS": 1, "CAPACITY": 3, "LOAD_EXTRA_BYTES": 1, "WORKING_BYTES": 1}
CARD = {"CARD": 1, "DEATHS": 1}

SMALL = {
    "a crash, a death, a slow driver": CARD | {"CRASHES": 1},
    "jobs, recalls, cancellations": TURNS | {"CANCELS": 1, "RECALLS": 1},
    "hangs and fences": {"HANGS": 1, "FENCES": 1},
    "a broken stream": {"CUTS": 1},
    "a repeated request": TURNS | {"REPEATS": 1},
}

LARGE = {
    "broken streams around a crash": {"CUTS": 1, "CRASHES": 1, "REPEATS": 1},
    "two crashes": {"CRASHES": 2},
    "deaths and successors on a card": CARD | {"INCARNATIONS": 2, "CUTS": 1},
    "successors around a crash": CARD | {"INCARNATIONS": 2, "CRASHES": 1},
    "computing across broken streams": TURNS | {"CUTS": 2, "RECALLS": 1},
    "computing around a crash": TURNS | {"CRASHES": 1, "RECALLS": 1, "CANCELS": 1},
    "fences and hangs around a crash": {"CARD": 1, "CRASHES": 1, "HANGS": 1, "FENCES": 1},
    "cancelled requests": {"CUTS": 1, "CANCELS": 2, "TICKETS": 2, "TOKENS": 3, "DEPTH": 10},
    "three holders": {"HOLDERS": 3, "TOKENS": 3},
}

PHYSICAL = {"PHYSICAL_ALONE": 1}
OVER_COMMIT = "used<="
LEAK = "charged==0"
LOWER_TOKEN = "a>highest"
UNKNOWN_TICKET = "wants[w]"

# What is left out -> where, and which property tells.
MUTANTS: dict[str, tuple[dict[str, int], str]] = {
    "FREE_ON_TTL": (PHYSICAL | {"CUTS": 1}, OVER_COMMIT),
    "NO_RECLAIM_WAIT": (PHYSICAL | CARD, OVER_COMMIT),
    "NO_LOG": (PHYSICAL | {"CRASHES": 1}, OVER_COMMIT),
    "LOG_AFTER_REPLY": (PHYSICAL | {"CRASHES": 1}, OVER_COMMIT),
    "LOAD_ON_OFFER": (PHYSICAL, OVER_COMMIT),
    "NO_TOKEN_CHECK": (PHYSICAL, OVER_COMMIT),
    "NO_TOKEN_FLOOR": ({"CRASHES": 1, "TICKETS": 2}, LOWER_TOKEN),
    "NO_INCARNATION": (PHYSICAL | CARD | {"INCARNATIONS": 2}, OVER_COMMIT),
    "RELEASE_AT_DEATH": (PHYSICAL | CARD, OVER_COMMIT),
    "STALE_PROBE": (PHYSICAL | CARD, OVER_COMMIT),
    "YIELD_WHILE_LOADING": (PHYSICAL | TURNS | {"RECALLS": 1}, OVER_COMMIT),
    "LATE_HELLO": (PHYSICAL | TURNS | {"CUTS": 2}, OVER_COMMIT),
    "SAME_JOB_AGAIN": (PHYSICAL | TURNS | {"JOBS": 2, "CANCELS": 1}, OVER_COMMIT),
    "FORGET_FENCING": ({"CRASHES": 1, "HANGS": 1}, LEAK),
    "FORGET_GRANT": ({"CANCELS": 1}, LEAK),
    "REJECTED_IS_RELEASED": (TURNS | {"CUTS": 1, "CANCELS": 1, "RECALLS": 1}, LEAK),
    "ASK_AGAIN_FOR_NOBODY": (ALONE, UNKNOWN_TICKET),
}
# Found after a million states in spin's usual order.
REVERSED = frozenset({"LATE_HELLO"})

QUICK = ("-O0", "-DMEMLIM=1000")  # Compiling takes longer than searching.
THOROUGH = ("-O2", "-DCOLLAPSE", "-DSEPQS", "-DMEMLIM=6000")

pytestmark = pytest.mark.skipif(
    shutil.which("spin") is None or shutil.which("gcc") is None,
    reason="spin or gcc is missing: the protocol was NOT model-checked (apt-get install spin gcc libc6-dev)",
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the search found."""

    violated: str  # The assertion, or another fault of the model; empty when there is none.
    is_exhausted: bool
    states: int
    unreached: frozenset[int]  # Lines of the model.


def search(folder: Path, defines: dict[str, int], *search_flags: str) -> Verdict:
    """Looks at every state of the model, or at those before the first violation."""
    shutil.copy(MODEL, folder)
    _run(folder, "spin", "-a", *(f"-D{name}={value}" for name, value in defines.items()), MODEL.name)
    _run(folder, "gcc", "-w", "-DSAFETY", "-DNOREDUCE", *search_flags, "-o", "pan", "pan.c")
    return _read(_run(folder, "./pan", "-m10000", "-w22"))


def _run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _read(report: str) -> Verdict:
    violated = re.search(r"^pan:1: (.*) \(at depth \d+\)$", report, re.MULTILINE)
    states = re.search(r"(\d+) states, stored", report)
    errors = re.search(r"errors: (\d+)", report)
    assert states is not None, report
    assert errors is not None, report
    assert bool(violated) == (errors[1] != "0"), report
    return Verdict(
        violated=violated[1] if violated else "",
        is_exhausted="Search not completed" not in report and "max search depth too small" not in report,
        states=int(states[1]),
        unreached=frozenset(
            int(line) for line in re.findall(r"leases\.pml:(\d+), state \d+, (?!\"-end-\")", report)
        ),
    )


@pytest.mark.parametrize("name", SMALL)
def test_no_fault_breaks_the_protocol(name: str, tmp_path: Path) -> None:
    verdict = search(tmp_path, SMALL[name], *QUICK)
    assert verdict.violated == ""
    assert verdict.is_exhausted


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_weaker_protocol_is_caught(mutant: str, tmp_path: Path) -> None:
    defines, violated = MUTANTS[mutant]
    order = ["-DREVERSE"] if mutant in REVERSED else []
    verdict = search(tmp_path, {mutant: 1} | defines, *QUICK, *order)
    assert violated in verdict.violated


def test_every_function_that_the_model_stands_for_exists() -> None:
    comments = re.findall(r"/\*(.*?)\*/", MODEL.read_text(), re.DOTALL)
    named = {
        name
        for comment in comments
        for group in re.findall(r"\[([^\]]+)\]", comment)
        for name in group.split(", ")
    }
    source = "\n".join(path.read_text() for path in PRODUCTION.glob("*/*.py"))
    missing = {name for name in named if not _is_defined(name, source)}
    assert named
    assert not missing


def _is_defined(name: str, source: str) -> bool:
    owner, _, function = name.rpartition(".")
    where = (
        rf"^class {owner}\b.*?^    (async )?def {function}\("
        if owner
        else rf"^(async |    )?def {function}\("
    )
    return re.search(where, source, re.MULTILINE | re.DOTALL) is not None


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_no_fault_breaks_the_protocol_in_ten_million_states(tmp_path: Path) -> None:
    verdicts: dict[str, Verdict] = {}
    for number, (name, defines) in enumerate((SMALL | LARGE).items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        verdicts[name] = search(folder, defines, *THOROUGH)
        print(f"{name}: {verdicts[name].states} states {verdicts[name].violated}")
        shutil.rmtree(folder)
    assert {name: v.violated for name, v in verdicts.items() if v.violated or not v.is_exhausted} == {}
    assert sum(verdict.states for verdict in verdicts.values()) >= 10_000_000
    assert frozenset[int].intersection(*(verdict.unreached for verdict in verdicts.values())) == frozenset()
