"""The manifest for KubeRay says what the studio understands; no cluster is needed to see that."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic_settings import BaseSettings
from ruamel.yaml import YAML

from gateway.settings import Settings as GatewaySettings
from limner.cluster.engine import SERVICES_LABEL
from limner.cluster.placement import SERVICES
from limner.trust import Trust
from services.edit.settings import Settings as EditSettings
from services.t2i.settings import Settings as T2ISettings
from services.tiling.settings import Settings as TilingSettings

ROOT = Path(__file__).parents[2]
MANIFEST = (ROOT / "deploy" / "kuberay" / "limner.yaml").read_text()
_loaded: Any = YAML(typ="safe", pure=True).load_all(MANIFEST)  # pyright: ignore[reportUnknownMemberType] untyped
CLUSTER, POLICY = _loaded
SPEC: dict[str, Any] = CLUSTER["spec"]
HEAD: dict[str, Any] = SPEC["headGroupSpec"]
NODES: dict[str, Any] = SPEC["workerGroupSpecs"][0]
OF_THE_COMMAND = {"LIMNER_HOME", "LIMNER_HOST", "LIMNER_PORT"}
KINDS: tuple[type[BaseSettings], ...] = (GatewaySettings, T2ISettings, EditSettings, TilingSettings, Trust)


def container(group: dict[str, Any]) -> dict[str, Any]:
    (only,) = group["template"]["spec"]["containers"]
    return only


def variables(group: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container(group)["env"]}


def test_every_node_runs_the_release_of_ray_that_was_tested() -> None:
    (tested,) = re.findall(r"^ray==(.*)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert SPEC["rayVersion"] == tested


@pytest.mark.parametrize("group", [HEAD, NODES], ids=["head", "nodes"])
def test_a_pod_is_told_only_what_is_read(group: dict[str, Any]) -> None:
    known = {
        f"{kind.model_config.get('env_prefix')}{field.upper()}"
        for kind in KINDS
        for field in kind.model_fields
    }
    told = {name for name in variables(group) if name.startswith("LIMNER_")}
    assert told <= known | OF_THE_COMMAND


@pytest.mark.parametrize("group", [HEAD, NODES], ids=["head", "nodes"])
def test_nobody_without_the_token_speaks_to_ray(group: dict[str, Any]) -> None:
    told = variables(group)
    assert told["RAY_AUTH_MODE"] == "token"
    assert told["RAY_AUTH_TOKEN"]["secretKeyRef"]["key"] == "ray-token"


def test_the_head_holds_no_service_and_the_nodes_hold_all() -> None:
    assert HEAD["labels"].keys() == NODES["labels"].keys() == {SERVICES_LABEL}
    assert not set(HEAD["labels"][SERVICES_LABEL].split(".")) & set(SERVICES)
    assert set(NODES["labels"][SERVICES_LABEL].split(".")) == set(SERVICES)


def test_every_service_of_a_node_is_guarded_by_files_that_are_there() -> None:
    told, (papers, *_) = variables(NODES), container(NODES)["volumeMounts"]
    for service in SERVICES:
        for what in ("TLS_CERT", "TLS_KEY", "TOKENS_FILE"):
            assert Path(told[f"LIMNER_{service.upper()}_{what}"]).parent == Path(papers["mountPath"])


def test_only_the_gateways_port_is_open_to_others() -> None:
    among, others = POLICY["spec"]["ingress"]
    assert among["from"] == [{"podSelector": POLICY["spec"]["podSelector"]}]
    assert [each["port"] for each in others["ports"]] == [int(variables(HEAD)["LIMNER_PORT"])]


def test_the_image_is_built_with_extras_that_there_are() -> None:
    (wanted,) = re.findall(r"EXTRAS=(\S+)", MANIFEST)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(wanted.split(",")) <= set(extras)
