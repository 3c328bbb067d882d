"""`limner doctor`: what the machine offers and what would run on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from google.protobuf import json_format
from rich.console import Console

from limner.capability.v1.capability_pb2 import DescribeResponse
from limner.cli.consultation import Consultation, show
from limner.cli.failure import CommandFailed
from limner.cli.options import (
    DEFAULT_HOME,
    DEFAULT_HOST,
    DEFAULT_PORT,
    HomeOption,
    HostOption,
    JsonOption,
    PortOption,
)
from limner.cli.programs import environment, package_root
from limner.cli.sizes import in_words
from limner.cli.version import installed_version
from limner.home import locate
from limner.machine.candidates import find_candidates
from limner.machine.diagnosis import diagnose
from limner.machine.known import UnknownCard, imagine, read_size
from limner.machine.machine import Machine, describe_card, describe_devices, inspect
from limner.machine.notebook import read_notes
from limner.models.device import DeviceFacts, host_budget_bytes
from limner.models.outlook import foresee

_LIBRARIES = (
    "limner",
    "grpcio",
    "protobuf",
    "torch",
    "nvidia-cuda-runtime",
    "nvidia-cuda-runtime-cu12",
    "diffusers",
    "diffsynth",
    "transformers",
    "pyvips",
    "supervisor",
)
_DESCRIBE_S = 60.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What text-to-image would run, or why it cannot."""

    models: tuple[str, ...]  # the first is the default
    device: str
    why_not_better: str  # empty when nothing better exists
    problem: str  # empty when it would run


def doctor(
    with_absent: Annotated[bool, typer.Option("--all", help="Also models that are not here yet.")] = False,
    simulated: Annotated[
        str,
        typer.Option("--as", metavar="CARD", help="As if there were this card, e.g. 'RTX 4080' or 16GB."),
    ] = "",
    ram: Annotated[
        str, typer.Option(metavar="SIZE", help="With --as: as if there were so much memory.")
    ] = "",
    home: HomeOption = DEFAULT_HOME,
    host: HostOption = DEFAULT_HOST,
    port: PortOption = DEFAULT_PORT,
    as_json: JsonOption = False,
) -> None:
    """Say what this machine offers, which tier each model would run in, and why not in a better one."""
    if ram and not simulated:
        raise CommandFailed("--ram is of no use without --as; name a card, e.g. --as 16GB.", exit_code=2)
    place = locate(home)
    given = environment(place, host, port, os.environ)
    models_dir = Path(given["LIMNER_T2I_MODELS_DIR"])
    machine = inspect(place, models_dir)
    devices = _simulate(simulated, ram, machine) if simulated else _real_devices(machine, given)
    models, problem = _models(given)
    finding = judge(machine, models, problem)
    libraries = {name: installed_version(name) for name in _LIBRARIES}
    revisions = {model.name: model.revision for model in models.models}
    found = find_candidates(models_dir, revisions, with_absent=with_absent)
    notes = read_notes(place.profiles, devices[0].id, dict(models.library_versions))
    consultation = Consultation(
        machine,
        devices,
        libraries,
        tuple(foresee(candidate, devices[0], notes) for candidate in found.candidates),
        (*diagnose(machine, libraries), *found.broken),
    )
    if as_json:
        print(json.dumps({**asdict(consultation), "text_to_image": asdict(finding)}, indent=2))
    else:
        Console().print(show(consultation))
    if finding.problem:
        raise CommandFailed(finding.problem)


def _real_devices(machine: Machine, given: Mapping[str, str]) -> tuple[DeviceFacts, ...]:
    told = given.get("LIMNER_ARBITER_RAM_BUDGET_BYTES", "")
    return describe_devices(machine, int(told) if told.isdecimal() else None)


def _simulate(card: str, ram: str, machine: Machine) -> tuple[DeviceFacts, ...]:
    """Returns a card that is not here, in this machine or in one with other memory."""
    try:
        ram_bytes = read_size(ram) if ram else machine.usable_ram_bytes
        return (describe_card(imagine(card), host_budget_bytes(ram_bytes)),)
    except UnknownCard as unknown:
        raise CommandFailed(str(unknown), exit_code=2) from unknown


def judge(machine: Machine, models: DescribeResponse, problem: str) -> Finding:
    """Returns what would run on `machine`, given what the service says of itself."""
    names = tuple(model.name for model in models.models)
    needed_bytes = min((model.weight_bytes for model in models.models), default=0)
    if not problem and not names:
        problem = "Text-to-image has no model; reinstall Limner, whose package brings the built-in one."
    if not problem and needed_bytes > machine.usable_ram_bytes:
        problem = (
            f"The smallest model has {in_words(needed_bytes)} of weights and this machine offers "
            f"{in_words(machine.usable_ram_bytes)} of memory; use a larger machine."
        )
    if machine.driver.cards:
        return Finding(names, machine.driver.cards[0].name, "", problem)
    return Finding(names, "cpu:0", f"no NVIDIA card: {machine.driver.no_cards_because}", problem)


def _models(given: dict[str, str]) -> tuple[DescribeResponse, str]:
    """Asks the service in a process of its own, because this one never imports torch."""
    command = [sys.executable, "-m", "services.t2i", "describe"]
    try:
        answer = subprocess.run(
            command,
            env=given,
            cwd=package_root(),
            capture_output=True,
            text=True,
            timeout=_DESCRIBE_S,
            check=True,
        )
        return json_format.Parse(answer.stdout, DescribeResponse(), ignore_unknown_fields=True), ""
    except subprocess.CalledProcessError as error:
        last_line = (error.stderr.strip() or "it says nothing").splitlines()[-1]
        return DescribeResponse(), f"Text-to-image cannot start: {last_line}"
    except subprocess.TimeoutExpired:
        return (
            DescribeResponse(),
            f"Text-to-image did not describe itself within {_DESCRIBE_S:.0f} s; try again.",
        )
    except json_format.ParseError as error:
        return (
            DescribeResponse(),
            f"Text-to-image describes itself in an unknown way ({error}); reinstall Limner.",
        )
