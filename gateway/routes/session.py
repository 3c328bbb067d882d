from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from gateway import gate
from gateway.problems import document
from gateway.requests import Body
from gateway.schemas import Session
from gateway.studio import StudioDep

router = APIRouter(prefix="/session", tags=["session"])

_LASTS_S = 30 * 24 * 3600
_REFUSED: dict[int | str, dict[str, Any]] = {401: document("The token is wrong or revoked.")}


class SignIn(Body):
    """Who signs in."""

    token: str = Field(min_length=1, max_length=200)


@router.post("", operation_id="signIn", responses=_REFUSED)
async def sign_in(body: SignIn, request: Request, response: Response, studio: StudioDep) -> Session:
    """Signs the page in: its browser keeps the token where no script can read it."""
    caller = await studio.roster.identify(body.token)
    if caller is None:
        raise gate.refuse(body.token)
    if caller.token is not None:
        response.set_cookie(
            gate.COOKIE,
            body.token,
            max_age=_LASTS_S,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
    return Session(name=caller.owner, admin=caller.is_admin)


@router.delete("", status_code=204, operation_id="signOut")
async def sign_out(response: Response) -> None:
    """Has the browser forget the token."""
    response.delete_cookie(gate.COOKIE, httponly=True, samesite="strict")
