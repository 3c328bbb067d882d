"""`limner doctor`: what the machine offers and what would run on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

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
from limner.machine.diagnosis import diagnose
from limner.machine.machine import Machine, describe_devices, inspect

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
    home: HomeOption = DEFAULT_HOME,
    host: HostOption = DEFAULT_HOST,
    port: PortOption = DEFAULT_PORT,
    as_json: JsonOption = False,
) -> None:
    """Say what this machine offers and what would run."""
    place = locate(home)
    given = environment(place, host, port, os.environ)
    machine = inspect(place, Path(given["LIMNER_T2I_MODELS_DIR"]))
    models, problem = _models(given)
    finding = judge(machine, models, problem)
    libraries = {name: installed_version(name) for name in _LIBRARIES}
    consultation = Consultation(machine, describe_devices(machine), libraries, diagnose(machine, libraries))
    if as_json:
        print(json.dumps({**asdict(consultation), "text_to_image": asdict(finding)}, indent=2))
    else:
        Console().print(show(consultation))
    if finding.problem:
        raise CommandFailed(finding.problem)


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
