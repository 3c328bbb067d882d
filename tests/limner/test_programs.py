from __future__ import annotations

import configparser
from pathlib import Path

from limner.cli.programs import PROGRAMS, configuration, environment
from limner.home import locate


def test_the_gateway_stops_first_and_the_arbiter_last() -> None:
    conf = configparser.RawConfigParser()
    conf.read_string(configuration(PROGRAMS))
    order = sorted(
        PROGRAMS, key=lambda program: int(conf[f"program:{program.name}"]["priority"]), reverse=True
    )
    assert [program.name for program in order] == ["limner-gateway", "limner-t2i", "limner-arbiter"]


def test_a_strange_home_never_reaches_the_configuration_text() -> None:
    given = environment(locate(Path("/srv/100% ; #weird")), "127.0.0.1", 8000, {})
    assert given["LIMNER_GATEWAY_IMAGES"] == "/srv/100% ; #weird/images"
    assert "weird" not in configuration(PROGRAMS)


def test_stores_may_be_chosen_and_addresses_may_not() -> None:
    chosen = {"LIMNER_GATEWAY_IMAGES": "s3://pictures", "LIMNER_GATEWAY_T2I": "elsewhere:1"}
    given = environment(locate(Path("/srv/limner")), "127.0.0.1", 8000, chosen)
    assert given["LIMNER_GATEWAY_IMAGES"] == "s3://pictures"
    assert given["LIMNER_GATEWAY_T2I"] == "unix:/srv/limner/run/t2i.sock"
