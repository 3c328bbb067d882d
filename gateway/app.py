from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from gateway import page, problems
from gateway.border import Border
from gateway.events import EventHub
from gateway.routes import events, generate, images, jobs, system
from gateway.schemas import Event, Problem
from gateway.settings import Settings
from gateway.studio import limner_version, open_studio


class Gateway(FastAPI):
    """The application; its document also holds the shapes that only streams and errors carry."""

    def openapi(self) -> dict[str, Any]:
        """Returns the OpenAPI document."""
        if self.openapi_schema is None:
            schemas: dict[str, Any] = super().openapi()["components"]["schemas"]
            shapes: dict[str, TypeAdapter[Any]] = {
                "Problem": TypeAdapter(Problem),
                "Event": TypeAdapter(Event),
            }
            for name, shape in shapes.items():
                schema = shape.json_schema(ref_template="#/components/schemas/{model}")
                schemas.update(schema.pop("$defs", {}))
                schemas[name] = schema
        assert self.openapi_schema is not None, "FastAPI keeps its document"
        return self.openapi_schema


def create_app(settings: Settings) -> Gateway:
    """Returns the gateway's application; what it needs is opened when it starts and closed when it stops."""
    hub = EventHub()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with open_studio(settings, hub) as studio:
            app.state.studio = studio
            yield

    app = Gateway(
        title="Limner",
        version=limner_version(),
        summary="An image studio for Qwen-Image.",
        lifespan=lifespan,
        max_body_size=settings.body_limit_bytes,
        docs_url=None,  # it would load scripts from elsewhere, which the page's policy forbids
        redoc_url=None,
        responses={"default": problems.document("What went wrong.")},
    )
    app.state.hub = hub
    problems.install(app)
    for module in (generate, jobs, events, images, system):
        app.include_router(module.router)
    page.serve_page(app, settings.frontend)
    app.add_middleware(Border, host=settings.host)
    return app
