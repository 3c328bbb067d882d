from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from gateway import desk
from gateway.identity import FRESH_S, Roster
from gateway.jobs.database import open_database
from gateway.jobs.tokens import Tokens
from gateway.jobs.transactions import Transactions
from gateway.tokens import Token, WrongName, check_name, digest, draw_secret, find


@pytest.fixture
def engine(database: str) -> Iterator[sa.Engine]:
    engine = open_database(database)
    yield engine
    engine.dispose()


@pytest.fixture
async def tokens(engine: sa.Engine) -> AsyncIterator[Tokens]:
    transactions = Transactions(engine, lambda _job, _seq: None)
    yield Tokens(transactions)
    transactions.close()


def test_a_secret_is_long_and_never_the_same_twice() -> None:
    assert re.fullmatch(r"lim_[A-Za-z0-9_-]{43}", draw_secret())
    assert draw_secret() != draw_secret()


def test_a_token_is_found_by_its_secret_alone() -> None:
    ada = Token("ada", digest("lim_a"), 1.0)
    assert find({ada.digest: ada}, "lim_a") is ada
    assert find({ada.digest: ada}, "lim_b") is None
    assert find({ada.digest: ada}, ada.digest) is None
    assert find({ada.digest: ada}, "lim_ä\udcff") is None


@pytest.mark.parametrize("name", ["", " ada", "ada ", "-a", "a/b", "a\n", "ä", "a" * 65])
def test_a_wrong_name_is_refused_with_the_rule(name: str) -> None:
    with pytest.raises(WrongName, match="1 to 64 letters, digits"):
        check_name(name)


def test_the_desk_tells_a_secret_once_and_keeps_only_its_digest(engine: sa.Engine) -> None:
    made = desk.answer(engine, ["add", "ada", '{"max_waiting_jobs": 3}'], 5.0)
    assert made["max_waiting_jobs"] == 3
    listed = desk.answer(engine, ["list"], 6.0)
    assert [(each["name"], each["created_at"], each["revoked_at"]) for each in listed] == [("ada", 5.0, None)]
    assert made["secret"] not in str(listed)
    with engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT * FROM tokens").all()
    assert made["secret"] not in str(kept)
    assert digest(made["secret"]) in str(kept)


def test_a_name_is_taken_until_its_token_is_revoked(engine: sa.Engine) -> None:
    first = desk.answer(engine, ["add", "ada", "{}"], 1.0)
    with pytest.raises(desk.Impossible, match="choose another name, or revoke it first"):
        desk.answer(engine, ["add", "ada", "{}"], 2.0)
    assert desk.answer(engine, ["revoke", "ada"], 3.0) == {"name": "ada", "left": 0}
    assert desk.answer(engine, ["add", "ada", "{}"], 4.0)["secret"] != first["secret"]


def test_revoking_what_is_not_there_names_what_is(engine: sa.Engine) -> None:
    desk.answer(engine, ["add", "ada", "{}"], 1.0)
    with pytest.raises(desk.Impossible, match="no valid token 'bob'; valid are: ada"):
        desk.answer(engine, ["revoke", "bob"], 2.0)


async def test_without_tokens_only_this_machine_is_let_in(tokens: Tokens) -> None:
    at_home, abroad = Roster(tokens, is_loopback=True), Roster(tokens, is_loopback=False)
    caller = await at_home.identify(None)
    assert caller is not None
    assert (caller.owner, caller.is_admin) == ("", True)
    assert await abroad.identify(None) is None
    assert await abroad.identify("lim_x") is None


async def test_one_token_shuts_the_door_for_everybody_else(engine: sa.Engine, tokens: Tokens) -> None:
    secret = desk.answer(engine, ["add", "ada", "{}"], 1.0)["secret"]
    roster = Roster(tokens, is_loopback=True)
    caller = await roster.identify(secret)
    assert caller is not None
    assert (caller.owner, caller.is_admin) == ("ada", False)
    assert [await roster.identify(each) for each in (None, "", "lim_x")] == [None, None, None]
    assert await roster.is_valid(caller)


async def test_a_database_that_is_away_locks_nobody_out(
    engine: sa.Engine, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = desk.answer(engine, ["add", "ada", "{}"], 1.0)["secret"]
    roster = Roster(tokens, is_loopback=True)
    await roster.refresh()

    async def fail() -> list[Token]:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(tokens, "valid", fail)
    monkeypatch.setattr("gateway.identity.FRESH_S", FRESH_S / 1e6)
    assert await roster.identify(secret) is not None
    assert await roster.identify("lim_x") is None
