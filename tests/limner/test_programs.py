from __future__ import annotations

import configparser
from pathlib import Path

from limner.cli.programs import configuration, environment, programs
from limner.home import locate


def test_the_gateway_stops_first_and_the_arbiter_last() -> None:
    conf = configparser.RawConfigParser()
    conf.read_string(configuration(programs()))
    order = sorted(
        programs(), key=lambda program: int(conf[f"program:{program.name}"]["priority"]), reverse=True
    )
    assert [program.name for program in order] == [
        "limner-gateway",
        "limner-t2i",
        "limner-edit",
        "limner-tiling",
        "limner-arbiter",
    ]


def test_a_strange_home_never_reaches_the_configuration_text() -> None:
    given = environment(locate(Path("/srv/100% ; #weird")), "127.0.0.1", 8000, {})
    assert given["LIMNER_GATEWAY_IMAGES"] == "/srv/100% ; #weird/images"
    assert "weird" not in configuration(programs(2))


def test_stores_may_be_chosen_and_addresses_may_not() -> None:
    chosen = {"LIMNER_GATEWAY_IMAGES": "s3://pictures", "LIMNER_GATEWAY_T2I": "elsewhere:1"}
    given = environment(locate(Path("/srv/limner")), "127.0.0.1", 8000, chosen)
    assert given["LIMNER_GATEWAY_IMAGES"] == "s3://pictures"
    assert given["LIMNER_GATEWAY_T2I"] == "unix:/srv/limner/run/t2i.sock"


def test_every_replica_has_its_own_socket_and_name_and_the_gateway_knows_them_all() -> None:
    conf = configparser.RawConfigParser()
    conf.read_string(configuration(programs(3)))
    third = conf["program:limner-t2i-3"]["environment"]
    assert "/t2i-3.sock" in third
    assert 'LIMNER_T2I_HOLDER="t2i-3"' in third
    given = environment(locate(Path("/srv/limner")), "127.0.0.1", 8000, {}, t2i_replicas=2)
    assert given["LIMNER_GATEWAY_T2I"] == "unix:/srv/limner/run/t2i.sock,unix:/srv/limner/run/t2i-2.sock"
