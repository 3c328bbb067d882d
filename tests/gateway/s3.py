"""A server that speaks S3, and its buckets."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import httpx

_SERVING = re.compile(r"Running on (http://\S+)")


@dataclass(frozen=True, slots=True)
class Bucket:
    """An empty bucket and how a process is told of its server."""

    name: str
    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }


@contextmanager
def running_s3() -> Generator[str]:
    """Yields where a fresh server listens."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            yield next(found[1] for line in process.stderr if (found := _SERVING.search(line)))
        finally:
            process.kill()


def make_bucket(endpoint: str) -> Bucket:
    bucket = Bucket(f"limner-{uuid4().hex}", endpoint)
    httpx.put(f"{endpoint}/{bucket.name}", trust_env=False).raise_for_status()
    return bucket
