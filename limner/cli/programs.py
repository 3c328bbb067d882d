"""What a studio on one machine consists of, and how supervisord is told."""

from __future__ import annotations

import configparser
import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import limner
from limner.home import Home


@dataclass(frozen=True, slots=True)
class Program:
    """One supervised process."""

    name: str  # of the process and of its log
    module: str
    order: int  # low ones start first and stop last
    stop_s: int  # from SIGTERM to SIGKILL
    settings: Mapping[str, str] = field(default_factory=dict[str, str])  # beyond what all programs get


def programs(t2i_replicas: int = 1) -> tuple[Program, ...]:
    """Returns the programs of a studio with that many text-to-image services."""
    names = [replica_name(number) for number in range(1, t2i_replicas + 1)]
    return (
        Program("limner-arbiter", "services.arbiter", order=10, stop_s=8),
        *(Program(f"limner-{name}", "services.t2i", 20, 12, _replica_settings(name)) for name in names),
        Program("limner-edit", "services.edit", order=20, stop_s=12),
        Program("limner-tiling", "services.tiling", order=20, stop_s=12),
        Program("limner-gateway", "gateway", order=30, stop_s=12),
    )


def replica_name(number: int) -> str:
    """Returns the name of a text-to-image service, from 1; the first is `t2i`."""
    return "t2i" if number == 1 else f"t2i-{number}"


def _replica_settings(name: str) -> dict[str, str]:
    listen = f"unix:%(ENV_LIMNER_SOCKETS)s/{name}.sock"
    return {} if name == "t2i" else {"LIMNER_T2I_LISTEN": listen, "LIMNER_T2I_HOLDER": name}


def package_root() -> Path:
    """Returns the folder from which `limner`, `services` and `gateway` are imported."""
    return Path(limner.__file__).parents[1]


def log_path(home: Home, program: str) -> Path:
    """Returns the file that holds everything `program` says."""
    return home.logs / f"{program}.log"


def supervisor_socket(home: Home) -> Path:
    """Returns the control socket of supervisord."""
    return home.sockets / "supervisor.sock"


def environment(
    home: Home, host: str, port: int, given: Mapping[str, str], t2i_replicas: int = 1
) -> dict[str, str]:
    """Returns the environment of all programs: `given`, plus what makes them find each other and the home.

    Where things are stored may be `given`; addresses may not, because the studio owns them.
    """
    stores = {
        "LIMNER_GATEWAY_DATABASE": home.database_url,
        "LIMNER_GATEWAY_IMAGES": str(home.images),
        "LIMNER_T2I_MODELS_DIR": str(home.models),
        "LIMNER_EDIT_MODELS_DIR": str(home.models),
        "LIMNER_TILING_MODELS_DIR": str(home.models),
        "LIMNER_GATEWAY_MODELS_DIR": str(home.models),
        "LIMNER_T2I_CACHE_DIR": str(home.cache),
        "LIMNER_EDIT_CACHE_DIR": str(home.cache),
        "LIMNER_TILING_CACHE_DIR": str(home.cache),
        "LIMNER_TILING_SCRATCH_DIR": str(home.tiling),
    }
    addresses = {
        "LIMNER_HOME": str(home.root),
        "LIMNER_SOCKETS": str(home.sockets),
        "LIMNER_HOST": host,
        "LIMNER_PORT": str(port),
        "LIMNER_ARBITER_LISTEN": home.address("arbiter"),
        "LIMNER_ARBITER_RUN_DIR": str(home.run),
        "LIMNER_T2I_LISTEN": home.address("t2i"),
        "LIMNER_T2I_ARBITER": home.address("arbiter"),
        "LIMNER_T2I_HOLDERS_DIR": str(home.holders),
        "LIMNER_EDIT_LISTEN": home.address("edit"),
        "LIMNER_EDIT_ARBITER": home.address("arbiter"),
        "LIMNER_EDIT_HOLDERS_DIR": str(home.holders),
        "LIMNER_TILING_LISTEN": home.address("tiling"),
        "LIMNER_TILING_ARBITER": home.address("arbiter"),
        "LIMNER_TILING_HOLDERS_DIR": str(home.holders),
        "LIMNER_GATEWAY_HOST": host,
        "LIMNER_GATEWAY_PORT": str(port),
        "LIMNER_GATEWAY_T2I": ",".join(
            home.address(replica_name(number)) for number in range(1, t2i_replicas + 1)
        ),
        "LIMNER_GATEWAY_EDIT": home.address("edit"),
        "LIMNER_GATEWAY_TILING": home.address("tiling"),
        "LIMNER_GATEWAY_ARBITER": home.address("arbiter"),
    }
    chosen = stores | dict(given)
    results = {"LIMNER_GATEWAY_RESULTS": str(Path(chosen["LIMNER_TILING_SCRATCH_DIR"]) / "results")}
    return chosen | addresses | results


def configuration(programs: Sequence[Program]) -> str:
    """Returns supervisord.conf for `programs`.

    Paths come from the environment: written out, a space and a semicolon in one would start a comment.
    """
    conf = configparser.RawConfigParser()
    conf["supervisord"] = {
        "logfile": "%(ENV_LIMNER_HOME)s/logs/supervisor.log",
        "logfile_maxbytes": "5MB",
        "logfile_backups": "1",
        "pidfile": "%(ENV_LIMNER_HOME)s/run/supervisord.pid",
        "childlogdir": "%(ENV_LIMNER_HOME)s/logs",
        "nocleanup": "true",
        "silent": "true",
    }
    conf["unix_http_server"] = {"file": "%(ENV_LIMNER_SOCKETS)s/supervisor.sock", "chmod": "0600"}
    conf["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    for program in programs:
        conf[f"program:{program.name}"] = _section(program)
    text = io.StringIO()
    conf.write(text)
    return text.getvalue()


def _section(program: Program) -> dict[str, str]:
    settings = ",".join(f'{name}="{value}"' for name, value in program.settings.items())
    return {
        "environment": settings,
        # Killed, not asked, when supervisord itself has died: nobody would be left to insist.
        "command": f'"%(ENV_LIMNER_PYTHON)s" -m limner.cli.tether {program.name} SIGKILL {program.module}',
        "directory": "%(ENV_LIMNER_ROOT)s",
        "priority": str(program.order),
        "autorestart": "true",
        "startsecs": "1",
        # The pause before each new try grows by a second; an absent disk or card may take its time to return.
        "startretries": "1000",
        "stopwaitsecs": str(program.stop_s),
        "stopasgroup": "true",
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": f"%(ENV_LIMNER_HOME)s/logs/{program.name}.log",
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "3",
    }


def interpreter() -> dict[str, str]:
    """Returns the variables by which supervisord.conf finds Python and the packages."""
    return {"LIMNER_PYTHON": sys.executable, "LIMNER_ROOT": str(package_root())}
