"""How much may wait and be kept, in the whole studio and of each token."""

from __future__ import annotations

from gateway.jobs.holdings import Holding, OverLimit
from gateway.problems import ProblemError
from gateway.studio import Studio

# A place is free as soon as a job starts; nobody knows when that is.
_RETRY_AFTER_S = 10


async def keep_upload(data: bytes, owner: str, studio: Studio) -> str:
    """Keeps a picture for an owner and returns its id. Raises ProblemError where there is no room for it."""
    books, token = studio.books, studio.roster.token_of(owner)
    image_id = await books.images.identify(data)
    limit_bytes = token.max_image_bytes if token is not None else None
    try:
        await books.holdings.hold(Holding(image_id, owner, size_bytes=len(data)), limit_bytes)
    except OverLimit as over:
        text = (
            f"The picture has {len(data)} bytes, and of the {limit_bytes} that the token {owner!r} may keep "
            f"{over.held_bytes} are taken; delete old jobs, or have the token's quota raised."
        )
        raise ProblemError(413, "QUOTA_EXCEEDED", text) from over
    return await books.images.put(data, image_id)


async def check_images(owner: str, studio: Studio) -> None:
    """Raises ProblemError if the images of an owner have used up what its token may keep."""
    token = studio.roster.token_of(owner)
    if token is None or token.max_image_bytes is None:
        return
    held_bytes = await studio.books.holdings.held_bytes(owner)
    if held_bytes >= token.max_image_bytes:
        raise _exceeded(
            f"The images of the token {owner!r} have {held_bytes} bytes, and it may keep "
            f"{token.max_image_bytes}; delete old jobs, or have the token's quota raised."
        )


def check_room(count: int, studio: Studio) -> None:
    """Raises ProblemError unless so many more jobs may wait."""
    waiting = studio.books.board.waiting_count()
    if waiting + count > studio.max_waiting_jobs:
        text = (
            f"{waiting} jobs wait, and this studio lets {studio.max_waiting_jobs} wait; send the "
            f"{'job' if count == 1 else f'{count} jobs'} again later."
        )
        raise ProblemError(429, "QUEUE_FULL", text, headers={"Retry-After": str(_RETRY_AFTER_S)})


def too_many_waiting(owner: str, count: int, limit: int) -> ProblemError:
    """Returns the problem for jobs with which more of an owner's would wait than its token allows."""
    return _exceeded(
        f"The token {owner!r} may have {limit} jobs waiting, and with {'one' if count == 1 else count} more "
        "there would be too many; send again when some have started."
    )


def _exceeded(text: str) -> ProblemError:
    return ProblemError(429, "QUOTA_EXCEEDED", text, headers={"Retry-After": str(_RETRY_AFTER_S)})
