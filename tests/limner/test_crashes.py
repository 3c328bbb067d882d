from __future__ import annotations

from limner.cli.crashes import Crash, Crashes, Report


def report(start: int, statename: str) -> Report:
    return Report(name="t2i", start=start, statename=statename)


def test_a_first_start_is_no_crash() -> None:
    crashes = Crashes()
    seen = [
        crashes.observe([report(start, state)])
        for start, state in ((0, "STOPPED"), (5, "STARTING"), (5, "RUNNING"))
    ]
    assert seen == [[], [], []]


def test_every_crash_is_told_once() -> None:
    crashes = Crashes()
    crashes.observe([report(5, "STARTING")])
    assert crashes.observe([report(5, "BACKOFF")]) == [Crash("t2i", 1)]
    assert crashes.observe([report(5, "BACKOFF")]) == []
    assert crashes.observe([report(7, "STARTING")]) == []
    assert crashes.observe([report(7, "BACKOFF")]) == [Crash("t2i", 2)]


def test_a_restart_between_two_looks_is_still_seen() -> None:
    crashes = Crashes()
    crashes.observe([report(5, "RUNNING")])
    assert crashes.observe([report(90, "RUNNING")]) == [Crash("t2i", 1)]
