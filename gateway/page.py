from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Limner</title>
<body style="font-family: sans-serif; max-width: 40rem; margin: 4rem auto; line-height: 1.5">
<h1>Limner is running</h1>
<p>The page is not built yet. Run <code>make page</code> in the clone and start the studio again.</p>
<p>The interface works without it: see <a href="/openapi.json">/openapi.json</a>.</p>
"""


def serve_page(app: FastAPI, folder: Path) -> None:
    """Serves the built page at / for whatever no route answers, or a note that says how to build it."""
    if (folder / "index.html").is_file():
        app.frontend("/", directory=folder, fallback="index.html", check_dir=True)
        return

    @app.get("/", include_in_schema=False)
    async def note() -> HTMLResponse:  # pyright: ignore[reportUnusedFunction] - the decorator keeps it
        return HTMLResponse(_NOT_BUILT)
