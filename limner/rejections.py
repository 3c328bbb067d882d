"""What can go wrong between a client and its studio."""

from __future__ import annotations

from typing import Any

import httpx


class StudioUnreachable(Exception):
    """Nothing answers at the studio's address."""

    def __init__(self, url: str) -> None:
        super().__init__(f"No studio answers at {url}; start one with `limner run` or set LIMNER_URL.")


class RequestRejected(Exception):
    """The studio refused a request; the message says what was wrong and what to do."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def read_rejection(response: httpx.Response) -> RequestRejected:
    """Reads application/problem+json; anything else is reported by its status alone."""
    try:
        problem: dict[str, Any] = response.json()
        sentences = [error["message"] for error in problem.get("errors") or ()]
        message = " ".join(sentences) or problem["detail"]
        return RequestRejected(response.status_code, problem.get("code", ""), message)
    except (ValueError, KeyError, TypeError):
        return RequestRejected(
            response.status_code,
            "",
            f"{response.url} answered {response.status_code} {response.reason_phrase}.",
        )
