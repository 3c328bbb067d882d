from __future__ import annotations

import pytest

from limner.models.failure import ModelFailure, Reason
from limner.models.hub_settings import HUGGING_FACE, HubSettings, read_hub_settings
from limner.models.persistence import Patience, Persistence
from limner.models.progress import Meter


def test_the_nearest_word_about_the_hub_counts() -> None:
    both = {"LIMNER_HUB": "https://mirror.example/", "HF_ENDPOINT": "https://other.example"}
    assert read_hub_settings({}).endpoint == HUGGING_FACE
    assert read_hub_settings(both).endpoint == "https://mirror.example"
    assert read_hub_settings({"HF_ENDPOINT": "https://other.example"}).endpoint == "https://other.example"
    assert read_hub_settings(both, "http://127.0.0.1:80").endpoint == "http://127.0.0.1:80"


@pytest.mark.parametrize(
    "value",
    ["mirror.example", "ftp://mirror.example", "https://", "http://[::1", "https://a:x", "https://a?b"],
)
def test_an_address_that_is_none_is_named_with_its_setting(value: str) -> None:
    with pytest.raises(ModelFailure, match="LIMNER_HUB is '") as caught:
        read_hub_settings({"LIMNER_HUB": value})
    assert caught.value.reason is Reason.SETTING
    assert HUGGING_FACE in str(caught.value)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(ModelFailure, match="HF_ENDPOINT holds a name or a password") as caught:
        read_hub_settings({"HF_ENDPOINT": "https://ada:s3cret@mirror.example"})
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("name", ["LIMNER_OFFLINE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_offline_mode_names_what_set_it(name: str) -> None:
    read_hub_settings({name: "0"}).check_online()
    with pytest.raises(ModelFailure, match=f"{name} is set"):
        read_hub_settings({name: "1"}).check_online()


def test_a_token_is_not_sent_where_strangers_read_it() -> None:
    assert HubSettings("https://mirror.example").may_send_token
    assert HubSettings("http://127.0.0.1:80").may_send_token
    assert not HubSettings("http://mirror.example").may_send_token


def test_the_second_try_is_made_at_once_and_each_later_one_waits_longer() -> None:
    persistence = Persistence(Patience(tries=6, pause_s=1, longest_pause_s=5))
    assert [persistence.fail() for _ in range(6)] == [0, 1, 2, 4, 5, None]
    persistence.succeed()
    assert persistence.fail(asked_pause_s=3) == 3
    assert persistence.fail(asked_pause_s=300) == 5


def test_speed_and_time_left_come_from_the_last_seconds_only() -> None:
    meter = Meter("lantern", 1000, 2)
    meter.begin("a", 400)
    meter.find(300)
    assert meter.progress(0.0).bytes_per_s is None
    for second in range(6):
        meter.fetch(10, float(second))
    seen = meter.progress(5.0)
    assert (seen.done_bytes, seen.file_bytes) == (360, 360)
    assert seen.bytes_per_s == pytest.approx(12.0)
    assert seen.file_eta_s == pytest.approx(40 / 12)
    assert seen.eta_s == pytest.approx(640 / 12)
    assert meter.progress(100.0).bytes_per_s == pytest.approx(0.0)
    assert meter.progress(100.0).eta_s is None
