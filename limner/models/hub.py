"""Speaks with a model hub: the Hugging Face Hub, a mirror of it, or whatever answers as it does.

Only the downloader imports this: huggingface_hub takes a moment to load, and no other command needs it.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import httpx2
from huggingface_hub import HfApi, get_token, hf_hub_url
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoSibling
from huggingface_hub.utils import get_session, hf_raise_for_status

from limner.models.failure import ModelFailure, Reason
from limner.models.hub_settings import HubSettings
from limner.models.persistence import Patience
from limner.models.pinning import Listing
from limner.models.plan import Piece

_TRANSIENT: Final = {408, 425, 429, 500, 502, 503, 504}
_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+)")


class Lost(Exception):
    """The connection was lost, or the hub wants to be asked again later."""

    def __init__(self, message: str, pause_s: float = 0.0) -> None:
        super().__init__(message)
        self.pause_s = pause_s


@dataclass(frozen=True, slots=True)
class Answer:
    """A file on its way."""

    start: int  # the place of the first byte
    total_bytes: int | None  # of the whole file, as the sender has it; None where it does not say
    chunks: Iterator[bytes]


class Hub:
    """One hub, asked once; trying again is up to the caller."""

    def __init__(self, settings: HubSettings, patience: Patience) -> None:
        self._endpoint = settings.endpoint
        self._token = get_token() if settings.may_send_token else None
        self._timeout = httpx2.Timeout(patience.silence_s, connect=patience.connect_s)
        self._silence_s = patience.silence_s

    def list_files(self, repository: str, revision: str) -> Listing:
        """Returns the files of a revision, which may be a branch. Raises Lost or ModelFailure."""
        api = HfApi(endpoint=self._endpoint, token=self._token or False, library_name="limner")
        with self._refusals(repository, revision):
            try:
                info = api.model_info(
                    repository, revision=revision, files_metadata=True, timeout=self._silence_s
                )
            except (ValueError, TypeError, KeyError) as error:
                raise self._stranger("what it says of a repository cannot be read") from error
        if not info.sha or info.siblings is None:
            raise self._stranger(f"it names no commit of {repository}")
        commit = info.sha
        return Listing(commit, tuple(_to_piece(repository, commit, each) for each in info.siblings))

    @contextmanager
    def open(self, piece: Piece, offset: int) -> Generator[Answer]:
        """Yields a file's bytes, from `offset` on if the hub can do that. Raises Lost or ModelFailure."""
        url = hf_hub_url(piece.repository, piece.source_path, revision=piece.commit, endpoint=self._endpoint)
        headers = {"Accept-Encoding": "identity", "User-Agent": "limner"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        if self._token:
            # httpx drops it where the hub sends us on to the host of its blobs.
            headers["Authorization"] = f"Bearer {self._token}"
        with (
            self._refusals(piece.repository, piece.commit, piece.source_path),
            get_session().stream(
                "GET", url, headers=headers, timeout=self._timeout, follow_redirects=True
            ) as response,
        ):
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                yield Answer(0, _total(response), iter(()))
                return
            hf_raise_for_status(response)
            yield Answer(_start(response), _total(response), response.iter_bytes())

    @contextmanager
    def _refusals(self, repository: str, revision: str, path: str = "") -> Generator[None]:
        try:
            yield
        except HfHubHTTPError as error:
            raise self._judge(error, repository, revision, path) from error
        except httpx2.TimeoutException as error:
            raise Lost(f"{self._endpoint} does not answer") from error
        except httpx2.TransportError as error:
            raise Lost(f"{self._endpoint} cannot be reached ({_said(error)})") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self._stranger(_said(error)) from error

    def _judge(self, error: HfHubHTTPError, repository: str, revision: str, path: str) -> Lost | ModelFailure:
        status = error.response.status_code
        where = f"{repository} at {self._endpoint}"
        if status in _TRANSIENT:
            return Lost(f"{self._endpoint} answers {status}", _retry_after_s(error.response))
        if isinstance(error, GatedRepoError) or status == HTTPStatus.FORBIDDEN:
            return ModelFailure(
                Reason.GATED,
                f"{where} is gated: accept its terms on {self._endpoint}/{repository}, make a token there "
                f"that may read it, and set it as HF_TOKEN{self._token_note()}.",
            )
        if isinstance(error, RevisionNotFoundError):
            return ModelFailure(Reason.MOVED, f"{where} has no revision {revision} (any more).")
        if isinstance(error, RemoteEntryNotFoundError):
            return ModelFailure(
                Reason.MOVED, f"{where} has no file {path} at revision {revision} (any more)."
            )
        if isinstance(error, RepositoryNotFoundError) or status in {401, 404}:
            return ModelFailure(
                Reason.GATED if status == HTTPStatus.UNAUTHORIZED else Reason.MOVED,
                f"{where} is not there, or not for everybody; if it is private, set a token that may read it "
                f"as HF_TOKEN{self._token_note()}.",
            )
        return self._stranger(f"it answers {status}")

    def _token_note(self) -> str:
        return " (the one that is set does not suffice)" if self._token else ""

    def _stranger(self, why: str) -> ModelFailure:
        return ModelFailure(
            Reason.UNREACHABLE,
            f"{self._endpoint} does not answer as a model hub does ({why}); "
            "check LIMNER_HUB and HF_ENDPOINT.",
        )


def _to_piece(repository: str, commit: str, file: RepoSibling) -> Piece:
    return Piece(
        path=file.rfilename,
        repository=repository,
        commit=commit,
        source_path=file.rfilename,
        size_bytes=file.size or 0,
        sha256=file.lfs.sha256 if file.lfs is not None else "",
        # Of a large file git holds a pointer only.
        git_sha1=file.blob_id or "" if file.lfs is None else "",
    )


def _start(response: httpx2.Response) -> int:
    if response.status_code != HTTPStatus.PARTIAL_CONTENT:
        return 0
    found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return int(found[1] or 0) if found else 0


def _total(response: httpx2.Response) -> int | None:
    headers = response.headers
    if found := _RANGE.fullmatch(headers.get("Content-Range", "")):
        return int(found[2])
    length = headers.get("Content-Length", "")
    is_plain = "Content-Encoding" not in headers and response.status_code == HTTPStatus.OK
    return int(length) if is_plain and length.isdecimal() else None


def _retry_after_s(response: httpx2.Response) -> float:
    given = response.headers.get("Retry-After", "")
    return float(given) if given.isdecimal() else 0.0


def _said(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
