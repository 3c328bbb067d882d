"""What goes from the history, and when. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Policy:
    """How long things are kept; None: for ever."""

    jobs_s: float | None = None  # after a job has ended
    images_bytes: int | None = None  # all images together
    uploads_s: float = 24 * 3600.0  # that no job refers to
    events_s: float = 7 * 24 * 3600.0  # of jobs that have ended

    @property
    def limits_jobs(self) -> bool:
        """Whether any job ever goes by itself."""
        return self.jobs_s is not None or self.images_bytes is not None


@dataclass(frozen=True, slots=True)
class Share:
    """An image as one of those who hold it sees it."""

    size_bytes: int
    holder_count: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A job that has ended and that nobody has starred."""

    id: str
    created_at: float
    finished_at: float
    images: Mapping[str, Share] = field(default_factory=dict[str, Share])  # by id


def plan(policy: Policy, candidates: Sequence[Candidate], total_bytes: int, now: float) -> list[str]:
    """Returns the jobs that go, of candidates that come oldest first, while images have `total_bytes`.

    First what is too old, then as many of the oldest as it takes to get below the limit. An image takes no
    bytes once all who hold it are gone; what has no image would free nothing, and stays.
    """
    too_old = [each for each in candidates if is_too_old(policy, each, now)]
    tally = _Tally(total_bytes)
    for candidate in too_old:
        tally.take(candidate)
    going = {each.id for each in too_old}
    if policy.images_bytes is not None:
        for candidate in candidates:
            if tally.left_bytes <= policy.images_bytes:
                break
            if candidate.images and candidate.id not in going:
                tally.take(candidate)
                going.add(candidate.id)
    return [each.id for each in candidates if each.id in going]


def is_too_old(policy: Policy, candidate: Candidate, now: float) -> bool:
    """Tells whether a job ended so long ago that it goes."""
    return policy.jobs_s is not None and candidate.finished_at < now - policy.jobs_s


def may_go_on(policy: Policy, last: Candidate, total_bytes: int, now: float) -> bool:
    """Tells whether jobs younger than `last` may have to go, too."""
    if policy.images_bytes is not None and total_bytes > policy.images_bytes:
        return True
    return policy.jobs_s is not None and last.created_at < now - policy.jobs_s


class _Tally:
    """Counts the bytes that are left when one job after the other is gone."""

    def __init__(self, total_bytes: int) -> None:
        self.left_bytes = total_bytes
        self._holders: dict[str, int] = {}

    def take(self, candidate: Candidate) -> None:
        for image_id, share in candidate.images.items():
            left = self._holders.get(image_id, share.holder_count) - 1
            self._holders[image_id] = left
            if left == 0:
                self.left_bytes -= share.size_bytes
