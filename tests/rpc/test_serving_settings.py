from __future__ import annotations

from pathlib import Path

import pytest

from limner.endpoint import Insecure
from services.arbiter.settings import Settings as ArbiterSettings
from services.rpc.guard import Guard
from services.t2i.settings import Settings as TextToImageSettings

FILES = {"TLS_CERT": "/c", "TLS_KEY": "/k", "TOKENS_FILE": "/t"}


@pytest.mark.parametrize(
    ("prefix", "settings"),
    [("LIMNER_T2I_", TextToImageSettings), ("LIMNER_ARBITER_", ArbiterSettings)],
)
def test_every_service_is_guarded_by_variables_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
    prefix: str,
    settings: type[TextToImageSettings] | type[ArbiterSettings],
) -> None:
    monkeypatch.setenv(f"{prefix}LISTEN", "0.0.0.0:7011")
    with pytest.raises(Insecure, match=f"{prefix}LISTEN: 0.0.0.0:7011 can be reached"):
        settings()
    for name, value in FILES.items():
        monkeypatch.setenv(f"{prefix}{name}", value)
    monkeypatch.setenv(f"{prefix}TLS_CLIENT_CA", "")
    assert settings().guard == Guard(Path("/c"), Path("/k"), Path("/t"))
    monkeypatch.setenv(f"{prefix}TLS_CLIENT_CA", "/a")
    assert settings().guard == Guard(Path("/c"), Path("/k"), Path("/t"), Path("/a"))


@pytest.mark.parametrize("missing", FILES)
def test_half_a_guard_is_none(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name in FILES.keys() - {missing}:
        monkeypatch.setenv(f"LIMNER_T2I_{name}", "/x")
    with pytest.raises(Insecure, match=f"cannot do without LIMNER_T2I_{missing};"):
        TextToImageSettings()


def test_by_default_nothing_is_open_and_nothing_is_demanded() -> None:
    assert TextToImageSettings().guard is None
    assert ArbiterSettings().guard is None
