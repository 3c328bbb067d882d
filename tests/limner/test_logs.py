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
