from __future__ import annotations

import pytest

from limner.redaction import HIDDEN, redact


@pytest.mark.parametrize(
    "key", ["token", "access_token", "Authorization", "client_secret", "password", "API-Key", "set-cookie"]
)
def test_a_secret_is_known_by_the_name_of_its_field(key: str) -> None:
    assert redact(None, "info", {"event": "said", key: "s3cr3t-value"}) == {"event": "said", key: HIDDEN}


def test_a_secret_is_found_inside_other_values() -> None:
    event = {"headers": {"authorization": "Bearer x", "accept": "*/*"}, "each": [{"password": "p"}]}
    assert redact(None, "info", event) == {
        "headers": {"authorization": HIDDEN, "accept": "*/*"},
        "each": [{"password": HIDDEN}],
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sent Authorization: Bearer abcdefgh.12345-_~", f"sent Authorization: Bearer {HIDDEN}"),
        ("cannot open postgresql://limner:pw@db/jobs", f"cannot open postgresql://limner:{HIDDEN}@db/jobs"),
        ("cannot open postgresql://db:5432/jobs", "cannot open postgresql://db:5432/jobs"),
        ("a red circle", "a red circle"),
    ],
)
def test_a_secret_in_a_text_is_known_by_its_look(text: str, expected: str) -> None:
    assert redact(None, "error", {"exception": text}) == {"exception": expected}


@pytest.mark.parametrize("event", [{"token": 7}, {"token": "7"}, {"tokenizer": "qwen2"}, {"token": None}])
def test_the_number_of_a_lease_and_a_tokenizer_are_no_secrets(event: dict[str, object]) -> None:
    assert redact(None, "info", dict(event)) == event
