"""What deploys a studio says what its processes understand; no container engine is needed to see that."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic_settings import BaseSettings
from ruamel.yaml import YAML

from gateway.settings import Settings as GatewaySettings
from limner.arbiter.v1 import arbiter_pb2
from limner.edit.v1 import edit_pb2
from limner.t2i.v1 import t2i_pb2
from limner.tiling.v1 import tiling_pb2
from services.arbiter.settings import Settings as ArbiterSettings
from services.edit.settings import Settings as EditSettings
from services.t2i.settings import Settings as T2ISettings
from services.tiling.settings import Settings as TilingSettings

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
SETTINGS: dict[str, type[BaseSettings]] = {
    "arbiter": ArbiterSettings,
    "t2i": T2ISettings,
    "edit": EditSettings,
    "tiling": TilingSettings,
    "gateway": GatewaySettings,
}
SERVED = {
    service.full_name
    for module in (arbiter_pb2, t2i_pb2, edit_pb2, tiling_pb2)
    for service in module.DESCRIPTOR.services_by_name.values()
}


def services() -> dict[str, dict[str, Any]]:
    loaded: Any = YAML(typ="safe", pure=True).load(COMPOSE.read_text())  # pyright: ignore[reportUnknownMemberType] untyped
    return cast("dict[str, dict[str, Any]]", loaded["services"])


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_compose_file_is_one() -> None:
    checked = run(
        sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_image_recipe_has_no_known_weakness() -> None:
    checked = run(str(Path(sys.executable).parent / "hadolint"), str(DOCKERFILE))
    assert (checked.returncode, checked.stdout) == (0, "")


@pytest.mark.parametrize("name", SETTINGS)
def test_a_container_is_told_only_what_its_process_reads(name: str) -> None:
    settings = SETTINGS[name]
    prefix = str(settings.model_config.get("env_prefix"))
    told = {variable for variable in services()[name]["environment"] if variable.startswith("LIMNER_")}
    assert told <= {f"{prefix}{field.upper()}" for field in settings.model_fields}


@pytest.mark.parametrize("name", SETTINGS)
def test_an_image_is_built_with_extras_that_there_are(name: str) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    arguments = services()[name]["build"]["args"]
    assert arguments["SERVICE"] == name
    assert set(arguments.get("EXTRAS", f"{name},otel").split(",")) <= set(extras)


def test_a_container_is_healthy_when_it_serves_what_it_is_for() -> None:
    asked = [
        service["healthcheck"]["test"][-1]
        for service in services().values()
        if "limner.probe" in service.get("healthcheck", {}).get("test", ())
    ]
    assert len(asked) == 4
    assert set(asked) <= SERVED


def test_services_share_what_their_arbiter_looks_at() -> None:
    arbiter = services()["arbiter"]
    for name in ("t2i", "edit", "tiling"):
        service = services()[name]
        assert service["pid"] == "service:arbiter"
        assert service["deploy"] == arbiter["deploy"]
        assert arbiter["volumes"][0] in service["volumes"]
        prefix = f"LIMNER_{name.upper()}_"
        assert service["environment"][f"{prefix}ARBITER"] == arbiter["environment"]["LIMNER_ARBITER_LISTEN"]
        assert service["environment"][f"{prefix}HOLDERS_DIR"] == (
            arbiter["environment"]["LIMNER_ARBITER_RUN_DIR"] + "/holders"
        )


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_its_units(unit: Path, tmp_path: Path) -> None:
    # An instance of a template; and programs that are there, for it looks.
    copy = tmp_path / unit.name.replace("@.", "@gateway.")
    text = unit.read_text().replace("/opt/limner/bin/python", sys.executable)
    copy.write_text(text.replace("/opt/limner/bin/limner", str(Path(sys.executable).parent / "limner")))
    checked = run("systemd-analyze", "verify", str(copy))
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.long
def test_a_wheel_brings_the_page_and_its_gateway_needs_no_torch(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], check=True)
    python = str(tmp_path / "env" / "bin" / "python")
    install = [python, "-m", "pip", "--quiet", "install", "-c", str(ROOT / "constraints.txt")]
    subprocess.run([*install, f"{wheel}[gateway,arbiter]"], check=True)
    code = (
        "import gateway.app, services.arbiter.__main__, importlib.util as u\n"
        "from gateway.settings import Settings\n"
        "assert (Settings().frontend / 'index.html').is_file(), Settings().frontend\n"
        "assert u.find_spec('torch') is None"
    )
    clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    found = subprocess.run(
        [python, "-c", code], cwd=tmp_path, env=clean, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
