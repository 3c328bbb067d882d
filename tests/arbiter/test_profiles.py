"""What was learnt survives restarts; a file that cannot be read costs the knowledge, not the arbiter."""

from __future__ import annotations

import asyncio
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from limner.arbiter.v1 import arbiter_pb2 as pb
from limner.channel import connect
from services.arbiter.profiles import Profiles, decode, encode
from services.arbiter.sizing import Sizing, Track
from tests.arbiter.conftest import ArbiterProcess, StartSleeper
from tests.arbiter.holder import MIB, session, to_stub

PLACE = ("shapes:1:full", "cpu:0")


def learnt() -> Sizing:
    """Something worth keeping."""
    sizing = Sizing()
    for number in range(100):
        sizing.rested(PLACE, (700 + number % 7) * MIB)
        sizing.peaked(PLACE, (900 + number % 5) * MIB)
    sizing.ran_out(PLACE, 2000 * MIB, 50.0, while_loading=True)
    sizing.peaked(("shapes:1:full", "GPU-1"), 400 * MIB)
    return sizing


def test_a_successor_knows_what_was_learnt(tmp_path: Path) -> None:
    sizing = learnt()
    profiles = Profiles(tmp_path / "profiles", 0.0)
    profiles.keep(sizing)
    assert Profiles(tmp_path / "profiles", 0.0).load().usages == sizing.usages
    assert [file.name for file in tmp_path.iterdir()] == ["profiles"]


def test_a_first_start_knows_nothing_and_complains_of_nothing(tmp_path: Path) -> None:
    with capture_logs() as logs:
        assert Profiles(tmp_path / "profiles", 0.0).load().usages == {}
    assert logs == []


def test_what_running_out_taught_expires_in_wall_clock_time_across_reboots() -> None:
    before = learnt()
    data = encode(before.usages, to_wall_s=1_000_000.0)
    # The next boot began 3600 s later, and its clock starts anew.
    after = decode(data, to_wall_s=1_003_600.0)
    assert after[PLACE].load_floor.expires_s == before.usages[PLACE].load_floor.expires_s - 3600
    assert after[PLACE].peak_floor == before.usages[PLACE].peak_floor


@pytest.mark.parametrize("content", [b"", b"\n", b"{}", b"00000000\n{}\n", b"\xff\xfe\x00", b"zzzz" * 9999])
def test_a_file_that_makes_no_sense_is_as_good_as_none_and_the_log_says_so(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "profiles"
    path.write_bytes(content)
    with capture_logs() as logs:
        assert Profiles(path, 0.0).load().usages == {}
    (line,) = logs
    assert (line["event"], line["log_level"], line["path"]) == ("profiles_unreadable", "warning", str(path))


def test_a_file_torn_at_any_byte_is_refused_whole() -> None:
    data = encode(learnt().usages, 0.0)
    whole = decode(data, 0.0)
    for length in range(len(data) - 1):
        with pytest.raises(ValueError, match="checksum"):
            decode(data[:length], 0.0)
    assert decode(data[:-1], 0.0) == whole, "only the last line break may be missing"


@given(st.data())
def test_a_flipped_byte_is_noticed(data: st.DataObject) -> None:
    content = bytearray(encode(learnt().usages, 0.0))
    index = data.draw(st.integers(min_value=0, max_value=len(content) - 2))
    content[index] ^= data.draw(st.integers(min_value=1, max_value=255))
    with pytest.raises(ValueError, match="checksum"):
        decode(bytes(content), 0.0)


def test_a_later_format_is_refused_by_its_number() -> None:
    body = b'{"format": 2}'
    with pytest.raises(ValueError, match="format is 2"):
        decode(b"%08x\n%s\n" % (zlib.crc32(body), body), 0.0)


def test_nothing_new_is_not_written_again(tmp_path: Path) -> None:
    sizing, path = learnt(), tmp_path / "profiles"
    profiles = Profiles(path, 0.0)
    profiles.keep(sizing)
    path.unlink()
    profiles.keep(sizing)
    assert not path.exists()
    sizing.peaked(PLACE, 950 * MIB)
    profiles.keep(sizing)
    assert path.exists()


def test_a_disk_that_refuses_is_noted_and_tried_again(tmp_path: Path) -> None:
    sizing = learnt()
    obstacle = tmp_path / "state"
    obstacle.touch()
    profiles = Profiles(obstacle / "profiles", 0.0)
    with capture_logs() as logs:
        profiles.keep(sizing)
    assert logs[0]["event"] == "profiles_not_kept"
    obstacle.unlink()
    profiles.keep(sizing)
    assert profiles.load().usages == sizing.usages


async def test_the_successor_of_a_killed_arbiter_quotes_what_was_measured(
    arbiter_process: ArbiterProcess, run_dir: Path, sleeper: StartSleeper
) -> None:
    worker = await sleeper()
    asked = pb.Charge(resident_bytes=600 * MIB, working_bytes=300 * MIB)
    question = pb.QuoteRequest(alternatives=[pb.Alternative(profile="shapes", charges=[asked])])
    async with connect(arbiter_process.address) as channel:
        stub = to_stub(channel)
        await arbiter_process.start(stub)
        async with session(stub, "a") as holder:
            await holder.hello(pid=worker.pid)
            token = await holder.take("t", 300, 100)
            await holder.begin(token)
            await holder.say(end=pb.End(token=token, job="job", peak_bytes=350 * MIB))
            async with asyncio.timeout(30):
                while not (run_dir / "profiles").exists():
                    await asyncio.sleep(0.05)
            before = (await stub.Quote(question)).quotes[0].needed_bytes
            await arbiter_process.kill()
        await arbiter_process.start(stub)
        after = (await stub.Quote(question)).quotes[0].needed_bytes
    assert before == after == Track().add(350 * MIB).charge_bytes
