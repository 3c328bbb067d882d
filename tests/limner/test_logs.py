from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import structlog
from limner.logs import set_up_logs
set_up_logs()
for number in range(100):
    structlog.get_logger().info("said", number=number)
print("went on")
"""


def test_a_process_outlives_the_space_for_its_log(tmp_path: Path) -> None:
    def leave_little_space() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    log = tmp_path / "log"
    with log.open("w") as file:
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
            preexec_fn=leave_little_space,
            check=False,
        )
    assert (run.returncode, run.stdout) == (0, "went on\n")
    assert json.loads(log.read_text().splitlines()[0])["event"] == "said"
    assert log.stat().st_size <= 1000


LIBRARY = """
import logging
import structlog
from limner.logs import bind_job, set_up_logs
set_up_logs()
bind_job("0190c7a5-0000-7000-8000-000000000001.3")
structlog.get_logger().info("said", authorization="Bearer abcdefghij")
logging.getLogger("library").warning("%s is odd", "this")
bind_job("named-by-a-client.3")
structlog.get_logger().info("said")
"""


def test_every_line_names_its_job_and_no_secret_those_of_libraries_too() -> None:
    run = subprocess.run([sys.executable, "-c", LIBRARY], capture_output=True, text=True, check=True)
    ours, library, direct = (json.loads(line) for line in run.stderr.splitlines())
    assert (ours["job"], ours["attempt"]) == ("0190c7a5-0000-7000-8000-000000000001", 3)
    assert ours["authorization"] == "[redacted]"
    assert library["event"] == "this is odd"
    assert (library["logger"], library["level"]) == ("library", "warning")
    assert library["job"] == ours["job"]
    assert direct["job"] == "named-by-a-client.3"
    assert "attempt" not in direct
