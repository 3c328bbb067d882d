"""Tokens: a caller sends `authorization: Bearer <token>`; the service knows no more than their digests."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import grpc
import structlog
from grpc import aio
from grpc_health.v1 import health

from limner.endpoint import Insecure
from services.rpc.errors import Unauthenticated

log = structlog.get_logger(__name__)

_HEALTH = f"/{health.SERVICE_NAME}/"
_SHA256 = re.compile(r"[0-9a-f]{64}", re.I)


def read_digests(file: Path) -> tuple[bytes, ...]:
    """Returns the SHA-256 digests in `file`: in hexadecimal, one a line, then a name; `#` starts a comment.

    Raises Insecure when there is none or a line is anything else, without quoting it: it may be a token.
    """
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise Insecure(f"{file} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    digests: list[bytes] = []
    for number, line in enumerate(lines, start=1):
        words = line.partition("#")[0].split()
        if words and not _SHA256.fullmatch(words[0]):
            raise Insecure(
                f"Line {number} of {file} does not start with a SHA-256 digest in hexadecimal; "
                "`limner certs` makes such a file."
            )
        digests += [bytes.fromhex(words[0])] if words else []
    if not digests:
        raise Insecure(f"{file} holds no digest of a token; `limner certs` makes such a file.")
    return tuple(digests)


def check_caller(metadata: Iterable[tuple[str, str | bytes]], digests: Iterable[bytes]) -> None:
    """Raises Unauthenticated unless `metadata` has one bearer token and its digest is among `digests`."""
    sent = [value for key, value in metadata if key == "authorization"]
    if not sent:
        raise Unauthenticated("The call carries no token; send `authorization: Bearer <token>`.")
    scheme, _, token = str(sent[0]).partition(" ")
    if len(sent) > 1 or scheme.lower() != "bearer":
        raise Unauthenticated(
            "The call must carry one `authorization: Bearer <token>`, and nothing else there."
        )
    digest = hashlib.sha256(token.strip().encode()).digest()
    # All of them: the time shall not tell which one was right.
    if not any([hmac.compare_digest(digest, known) for known in digests]):
        raise Unauthenticated("The token is none of this service's; ask its operator for one.")


class DemandToken(aio.ServerInterceptor):
    """Lets nothing but health checks pass without a token; `file` is read for every call, to be changed."""

    def __init__(self, file: Path) -> None:
        read_digests(file)
        self._file = file

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Returns the handler, or one that refuses before it reads a byte of the request."""
        if handler_call_details.method.startswith(_HEALTH):
            return await continuation(handler_call_details)
        try:
            check_caller(handler_call_details.invocation_metadata, self._read())
        except Unauthenticated as refusal:
            # Of this kind whatever the method's is: on the wire they are all streams.
            make: Any = grpc.stream_stream_rpc_method_handler
            return make(_refusing(refusal, handler_call_details.method))
        return await continuation(handler_call_details)

    def _read(self) -> tuple[bytes, ...]:
        try:
            return read_digests(self._file)
        except Insecure as error:
            log.error("callers cannot be known", problem=str(error))
            raise Unauthenticated("This service cannot read its tokens now; its log says why.") from error


def _refusing(refusal: Unauthenticated, method: str) -> Any:
    async def refuse(_requests: Any, context: aio.ServicerContext[Any, Any]) -> AsyncIterator[Any]:
        log.warning("caller refused", method=method, peer=context.peer(), why=refusal.message)
        raise refusal
        yield  # which makes it the stream that gRPC expects

    return refuse
