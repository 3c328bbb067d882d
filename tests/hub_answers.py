"""How the test hub answers over HTTP."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from tests.hub_contents import Hub

_CHUNK_BYTES = 16 * 1024
_INFO = re.compile(r"/api/models/(?P<repository>[^/]+/[^/]+)/revision/(?P<revision>[^/]+)")
_RESOLVE = re.compile(r"/(?P<repository>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)")


def is_large(path: str) -> bool:
    """Whether the hub keeps a file outside git."""
    return path.endswith(".safetensors")


def blob_id(data: bytes) -> str:
    """Returns git's name of a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Answers(BaseHTTPRequestHandler):
    """One connection with the test hub."""

    hub: Hub
    host: str
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def handle(self) -> None:
        """Serves until the reader has gone, however it went."""
        with suppress(ConnectionError):
            super().handle()

    def do_HEAD(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def _serve(self) -> None:
        url = urlsplit(self.path)
        if self.host == "blobs":
            self._blob(unquote(url.path).lstrip("/"))
        elif found := _INFO.fullmatch(url.path):
            self._info(found["repository"], unquote(found["revision"]))
        elif found := _RESOLVE.fullmatch(unquote(url.path)):
            self._resolve(**found.groupdict())
        else:
            self._refuse(404, "RepoNotFound")

    def _info(self, repository: str, revision: str) -> None:
        self._note("api")
        if self._is_told_off("api"):
            return
        found = self.hub.find(repository, revision)
        if repository not in self.hub.commits:
            self._refuse(401, "")
        elif found is None:
            self._refuse(404, "RevisionNotFound")
        else:
            commit, files = found
            siblings = [_sibling(path, data) for path, data in files.items()]
            self._answer(200, json.dumps({"id": repository, "sha": commit, "siblings": siblings}).encode())

    def _resolve(self, repository: str, revision: str, path: str) -> None:
        self._note(path)
        key = self.hub.gated.get(repository)
        found = self.hub.find(repository, revision)
        if key is not None and self.headers.get("Authorization") != f"Bearer {key}":
            self._refuse(403 if self.headers.get("Authorization") else 401, "GatedRepo")
        elif found is None:
            self._refuse(404, "RevisionNotFound")
        elif path not in found[1]:
            self._refuse(404, "EntryNotFound")
        elif self._is_told_off(path):
            return
        elif is_large(path):
            digest = hashlib.sha256(found[1][path]).hexdigest()
            place = quote(f"/{repository}/{found[0]}/{path}")
            self._answer(
                302,
                b"",
                {
                    "Location": self.hub.blobs_url + place,
                    "X-Linked-ETag": f'"{digest}"',
                    "X-Repo-Commit": found[0],
                },
            )
        else:
            self._send(
                path, found[1][path], {"X-Repo-Commit": found[0], "ETag": f'"{blob_id(found[1][path])}"'}
            )

    def _blob(self, place: str) -> None:
        owner, name, commit, path = place.split("/", 3)
        self._note(path)
        self._send(path, self.hub.commits[f"{owner}/{name}"][commit][path], {})

    def _send(self, path: str, data: bytes, headers: Mapping[str, str]) -> None:
        data = self.hub.lies.get(path, data)
        offset = 0 if self.hub.ignores_ranges else self._offset()
        if offset and offset >= len(data):
            self._answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})
            return
        self.send_response(206 if offset else 200)
        if offset:
            self.send_header("Content-Range", f"bytes {offset}-{len(data) - 1}/{len(data)}")
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data) - offset))
        self.end_headers()
        if self.command == "GET":
            self._pour(path, data, offset)

    def _pour(self, path: str, data: bytes, offset: int) -> None:
        drops = self.hub.drops.get(path)
        end = min(offset + drops.pop(0), len(data)) if drops else len(data)
        stuck = self.hub.stuck.get(path, end)
        for start in range(offset, end, _CHUNK_BYTES):
            if start >= stuck or self.hub.stopping.is_set():
                self.hub.stopping.wait()
                break
            self.wfile.write(data[start : min(start + _CHUNK_BYTES, end)])
            if self.hub.pause_s:
                time.sleep(self.hub.pause_s)  # a slow line
        if end < len(data):
            self.close_connection = True

    def _is_told_off(self, path: str) -> bool:
        statuses = self.hub.statuses.get(path)
        if not statuses:
            return False
        self._answer(statuses.pop(0), b"", {"Retry-After": "1"})
        return True

    def _refuse(self, status: int, code: str) -> None:
        self._answer(status, b"{}", {"X-Error-Code": code} if code else {})

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def _note(self, path: str) -> None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        self.hub.note(self.command, path, self.host, self._offset(), token)

    def _offset(self) -> int:
        found = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        return int(found[1]) if found else 0


def _sibling(path: str, data: bytes) -> dict[str, Any]:
    about: dict[str, Any] = {"rfilename": path, "size": len(data), "blobId": blob_id(data)}
    if is_large(path):
        sha256 = hashlib.sha256(data).hexdigest()
        about["lfs"] = {"sha256": sha256, "size": len(data), "pointerSize": 134}
        about["blobId"] = blob_id(f"pointer to {sha256}".encode())
    return about
