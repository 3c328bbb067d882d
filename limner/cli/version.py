"""`limner version`: which Limner this is."""

from __future__ import annotations

import importlib.metadata


def version() -> None:
    """Print the version."""
    print(f"limner {installed_version('limner')}")


def installed_version(package: str) -> str:
    """Returns the version of an installed distribution; empty when it is absent."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
