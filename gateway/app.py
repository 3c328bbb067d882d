from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from gateway import page, problems
from gateway.border import Border
from gateway.events import EventHub
from gateway.routes import events, generate, images, jobs, system
from gateway.schemas import Problem
from gateway.settings import Settings
from gateway.studio import limner_version, open_studio


def create_app(settings: Settings) -> FastAPI:
    """Returns the gateway's application; what it needs is opened when it starts and closed when it stops."""
    hub = EventHub()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_studio(settings, hub) as studio:
            app.state.studio = studio
            yield

    app = FastAPI(
        title="Limner",
        version=limner_version(),
        summary="An image studio for Qwen-Image.",
        lifespan=lifespan,
        max_body_size=settings.body_limit_bytes,
        docs_url=None,  # it would load scripts from elsewhere, which the page's policy forbids
        redoc_url=None,
        responses=_PROBLEMS,
    )
    app.state.hub = hub
    problems.install(app)
    for module in (generate, jobs, events, images, system):
        app.include_router(module.router)
    page.serve_page(app, settings.frontend)
    app.add_middleware(Border, host=settings.host)
    return app


_PROBLEMS: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "What went wrong",
        "content": {problems.MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}},
    }
}
