"""How a command ends when it cannot do what was asked."""

from __future__ import annotations


class CommandFailed(Exception):
    """The message is one sentence for the person at the terminal; `exit_code` is for the shell."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
