"""Which hub models come from. Pure: the environment is an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from limner.models.failure import ModelFailure, Reason

HUGGING_FACE = "https://huggingface.co"
_TRUE = {"1", "on", "yes", "true"}
# The last two are heeded by huggingface_hub itself.
_OFFLINE = ("LIMNER_OFFLINE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


@dataclass(frozen=True, slots=True)
class HubSettings:
    """A hub, and whether it may be asked at all."""

    endpoint: str = HUGGING_FACE  # without a slash at its end
    offline_by: str = ""  # the variable that forbids it; empty when it may be asked

    @property
    def may_send_token(self) -> bool:
        """Whether a token would reach the hub without strangers reading it."""
        url = urlsplit(self.endpoint)
        return url.scheme == "https" or _is_loopback(url)

    def check_online(self) -> None:
        """Raises ModelFailure where nothing may be fetched."""
        if self.offline_by:
            text = f"{self.offline_by} is set, so nothing is fetched; unset it to download models."
            raise ModelFailure(Reason.OFFLINE, text)


def read_hub_settings(given: Mapping[str, str], chosen: str = "") -> HubSettings:
    """Returns what the environment `given` says; `chosen` is a hub named on the command line.

    Raises ModelFailure that names the variable that cannot be used.
    """
    offline_by = next((name for name in _OFFLINE if given.get(name, "").lower() in _TRUE), "")
    named = {"--from": chosen, **{name: given.get(name, "") for name in ("LIMNER_HUB", "HF_ENDPOINT")}}
    name, value = next(((name, value) for name, value in named.items() if value), ("", HUGGING_FACE))
    return HubSettings(_check(name, value), offline_by)


def _check(name: str, value: str) -> str:
    try:
        url = urlsplit(value)
        is_good = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        is_good, url = False, urlsplit("")
    if not is_good or url.query or url.fragment:
        text = f"{name} is {value!r}; it must be the address of a hub or a mirror, like {HUGGING_FACE}."
        raise ModelFailure(Reason.SETTING, text)
    if url.username or url.password:
        text = f"{name} holds a name or a password; leave it out, and set a token as HF_TOKEN."
        raise ModelFailure(Reason.SETTING, text)
    return value.rstrip("/")


def _is_loopback(url: SplitResult) -> bool:
    if url.hostname == "localhost":
        return True
    try:
        return ip_address(url.hostname or "").is_loopback
    except ValueError:
        return False
