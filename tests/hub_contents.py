"""What the test hub holds, and how it is told to behave."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Request:
    """One that has arrived."""

    method: str
    path: str  # in the repository; of the API the whole
    host: str  # "api" or "blobs"
    offset: int = 0
    token: str = ""


@dataclass
class Hub:
    """What the servers hold and how they behave; a test changes it at any time."""

    commits: dict[str, dict[str, dict[str, bytes]]] = field(
        default_factory=lambda: defaultdict(dict)
    )  # by repository, then by commit
    branches: dict[tuple[str, str], str] = field(default_factory=dict)
    gated: dict[str, str] = field(default_factory=dict)  # repository -> the token that opens it
    drops: dict[str, list[int]] = field(default_factory=dict)  # path -> after how many bytes of an answer
    lies: dict[str, bytes] = field(default_factory=dict)  # path -> what comes in its place
    statuses: dict[str, list[int]] = field(default_factory=dict)  # path, or "api" -> instead of answers
    pause_s: float = 0.0  # after each chunk
    stuck: dict[str, int] = field(
        default_factory=dict[str, int]
    )  # path -> what lies behind that byte does not come
    ignores_ranges: bool = False
    requests: list[Request] = field(default_factory=list)
    url: str = ""
    blobs_url: str = ""
    stopping: threading.Event = field(default_factory=threading.Event)

    def commit(self, repository: str, files: Mapping[str, bytes], branch: str = "main") -> str:
        """Adds a commit, to which `branch` moves; returns its name."""
        text = json.dumps({path: hashlib.sha256(data).hexdigest() for path, data in sorted(files.items())})
        name = hashlib.sha1(f"{repository}{text}".encode()).hexdigest()
        self.commits[repository][name] = dict(files)
        self.branches[repository, branch] = name
        return name

    def forget(self, repository: str, commit: str) -> None:
        """Removes a commit, as a rewritten history does."""
        del self.commits[repository][commit]

    def note(self, method: str, path: str, host: str, offset: int, token: str) -> None:
        """Remembers a request."""
        self.requests.append(Request(method, path, host, offset, token))

    def fetches(self, path: str) -> list[int]:
        """Returns from which byte on a file was asked for, each time, of the host that has it."""
        found = [each for each in self.requests if each.path == path and each.method == "GET"]
        blobs = [each for each in found if each.host == "blobs"]
        return [each.offset for each in blobs or found]

    def find(self, repository: str, revision: str) -> tuple[str, dict[str, bytes]] | None:
        """Returns a revision's commit and files."""
        commit = self.branches.get((repository, revision), revision)
        files = self.commits.get(repository, {}).get(commit)
        return None if files is None else (commit, files)
