"""How requests are refused: each wrong field with its value and the fix. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.schemas import FieldProblem


class Refused(Exception):
    """The request cannot be done as it is; `problems` name each field, its value and the fix."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


def problem(field: str, value: object, message: str) -> FieldProblem:
    """Says what is wrong with one field."""
    text = value if isinstance(value, str) else repr(value)
    return FieldProblem(field=field, value=text[:100].encode("utf-8", "replace").decode(), message=message)


def multiples_beside(value: int, multiple: int, lowest: int, highest: int) -> str:
    """Returns the allowed values next to `value`, in words."""
    below = max(min(value // multiple * multiple, highest), lowest)
    above = min(max(-(-value // multiple) * multiple, lowest), highest)
    return f"{below}" if below == above else f"{below} or {above}"


def check_multiple(
    field: str, value: int | None, bounds: tuple[int, int, int], taker: str
) -> list[FieldProblem]:
    """Refuses a value that is no multiple within `bounds`: lowest, highest and step."""
    lowest, highest, multiple = bounds
    if value is None or (lowest <= value <= highest and value % multiple == 0):
        return []
    fix = multiples_beside(value, multiple, lowest, highest)
    allowed = f"multiples of {multiple} from {lowest} to {highest}"
    return [problem(field, value, f"{field} is {value}; {taker} takes {allowed} (try {fix}).")]
