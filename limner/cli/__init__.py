"""The command line: runs the studio on one machine and talks to it through its REST API."""

from __future__ import annotations


def main() -> None:
    """Runs the command named by the arguments; the entry point of the `limner` script."""
    # Programs of the studio start through `limner.cli.tether` and must not pay for the commands' imports.
    from limner.cli.app import run

    run()
