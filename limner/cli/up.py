"""`limner up`: starts the studio, on this machine or on the nodes of a cluster."""

from __future__ import annotations

import asyncio
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from limner.cli.addresses import studio_url
from limner.cli.failure import CommandFailed
from limner.cli.options import (
    DEFAULT_HOME,
    DEFAULT_HOST,
    DEFAULT_PORT,
    HomeOption,
    HostOption,
    PortOption,
    ReplicasOption,
)
from limner.cli.programs import environment, programs
from limner.cli.run import keep_running, opened, run
from limner.cluster.token import present_token
from limner.logs import set_up_logs

ClusterOption = Annotated[bool, typer.Option("--cluster", help="Run the services on the nodes of a cluster.")]
NodesOption = Annotated[
    int | None, typer.Option(help="Start a cluster of so many nodes on this machine.", min=1, max=16)
]
AddressOption = Annotated[
    str, typer.Option(envvar="RAY_ADDRESS", help="Join this Ray cluster, e.g. auto or 10.0.0.7:6379.")
]


def up(
    host: HostOption = DEFAULT_HOST,
    port: PortOption = DEFAULT_PORT,
    home: HomeOption = DEFAULT_HOME,
    t2i_replicas: ReplicasOption = 1,
    cluster: ClusterOption = False,
    nodes: NodesOption = None,
    address: AddressOption = "",
) -> None:
    """Start the studio; Ctrl-C stops it. With --cluster its services run on the nodes of a Ray cluster."""
    if cluster and t2i_replicas != 1:
        raise CommandFailed("How many replicas a cluster has is said by `limner scale t2i=4`.", exit_code=2)
    if cluster:
        _run_cluster(host, port, home, nodes, address)
    elif nodes is not None:
        raise CommandFailed("--nodes is for a cluster; add --cluster.", exit_code=2)
    else:
        run(host, port, home, t2i_replicas)


def _run_cluster(host: str, port: int, home: Path, nodes: int | None, address: str) -> None:
    if address and nodes is not None:
        raise CommandFailed("--nodes starts a cluster, --address joins one; give one of them.", exit_code=2)
    if find_spec("ray") is None:
        raise CommandFailed("--cluster needs Ray, which is not installed; `pip install 'limner[cluster]'`.")
    set_up_logs()
    with opened(host, port, home) as (place, lock):
        os.environ["LIMNER_HOME"] = str(place.root)
        present_token(place.run, address)
        from limner.cluster.engine import Unstartable
        from limner.cluster.studio import running_on_cluster

        url = studio_url(host, port)
        try:
            with running_on_cluster(place, url, address, nodes or 1) as (told, conduct):
                given = {**environment(place, host, port, os.environ), **told}
                gateway = [program for program in programs() if program.module == "gateway"]
                asyncio.run(keep_running(place, url, gateway, given, lock, conduct))
        except Unstartable as error:
            raise CommandFailed(str(error)) from error
