from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from limner.client import Client, RequestRejected
from tests.studio import free_port, running_studio, studio_environment


def limner(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "limner.cli", *arguments],
        env=studio_environment(home, free_port()) | settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_token_is_made_listed_and_revoked(tmp_path: Path) -> None:
    assert "No tokens" in limner(tmp_path, "token").stdout
    made = limner(tmp_path, "token", "add", "ada", "--max-waiting-jobs", "5", "--max-image-bytes", "1000000")
    assert (made.returncode, bool(re.fullmatch(r"lim_\S{43}\n", made.stdout))) == (0, True), made.stderr
    assert "shown once" in made.stderr
    (listed,) = json.loads(limner(tmp_path, "token", "list", "--json").stdout)
    assert (listed["name"], listed["max_waiting_jobs"], listed["max_image_bytes"]) == ("ada", 5, 1_000_000)
    assert made.stdout.strip() not in str(listed)
    table = limner(tmp_path, "token").stdout
    assert "ada" in table
    assert "≤ 5" in table
    revoked = limner(tmp_path, "token", "revoke", "ada")
    assert (revoked.returncode, revoked.stderr) == (0, "")
    assert "No token is left" in revoked.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("add",), "`limner token add` wants a NAME."),
        (("list", "ada"), "`limner token list` takes no NAME; leave it out."),
        (("add", "a/b"), "NAME is 'a/b'; it must be 1 to 64 letters"),
        (("revoke", "ada"), "There is no valid token 'ada'; valid are: none."),
    ],
)
def test_a_wrong_command_ends_in_one_sentence(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    answer = limner(tmp_path, "token", *arguments)
    assert answer.returncode != 0
    assert answer.stdout == ""
    assert answer.stderr.startswith(f"limner: {says}")
    assert answer.stderr.count("\n") == 1


def test_a_database_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    answer = limner(tmp_path, "token", LIMNER_GATEWAY_DATABASE="sqlite:////dev/null/jobs.db")
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert "Traceback" not in answer.stderr


def test_a_studio_does_not_start_for_the_world_without_a_token(tmp_path: Path) -> None:
    answer = limner(tmp_path, "run", LIMNER_HOST="0.0.0.0")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "On host" in answer.stderr or "On 0.0.0.0" in answer.stderr
    assert "`limner token add NAME`" in answer.stderr
    assert answer.stderr.count("\n") == 1


@pytest.mark.timeout(300)
def test_a_studio_with_tokens_gets_ready_and_its_commands_bring_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    secret = limner(home, "token", "add", "ada").stdout.strip()
    with running_studio(home, settings={"LIMNER_HOST": "0.0.0.0"}) as studio:
        monkeypatch.delenv("LIMNER_TOKEN", raising=False)
        with Client(studio.url) as client, pytest.raises(RequestRejected, match="LIMNER_TOKEN"):
            client.jobs()
        with Client(studio.url, secret) as client:
            assert client.jobs() == []
        for token, status in ((secret, 0), ("lim_wrong", 2), ("", 2)):
            answer = limner(home, "jobs", LIMNER_URL=studio.url, LIMNER_TOKEN=token)
            assert answer.returncode == status, answer.stderr
            assert token not in answer.stderr or not token
