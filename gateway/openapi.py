"""Prints the OpenAPI document: `python -m gateway.openapi > frontend/openapi.json`."""

from __future__ import annotations

import json
import sys
from typing import Any

from gateway.app import create_app
from gateway.settings import Settings


def document() -> dict[str, Any]:
    """Returns the gateway's OpenAPI document; nothing is started for it."""
    return create_app(Settings()).openapi()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(), indent=2, ensure_ascii=False) + "\n")
