from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from opentelemetry.trace import TracerProvider
from pydantic import TypeAdapter
from starlette.types import ASGIApp

from gateway import page, problems
from gateway.border import Border
from gateway.dialect import OpenAIDialect
from gateway.events import EventHub
from gateway.gate import Gate
from gateway.routes import (
    estimate,
    events,
    generate,
    history,
    images,
    jobs,
    models,
    openai,
    preprocess,
    queue,
    session,
    system,
)
from gateway.schemas import Event, Problem
from gateway.settings import Settings
from gateway.studio import limner_version, open_studio
from gateway.tracing import telemetry


class Gateway(FastAPI):
    """The application behind its border; its document also holds the shapes of streams and errors."""

    def __init__(self, settings: Settings, **options: Any) -> None:
        super().__init__(max_body_size=settings.body_limit_bytes, **options)
        self._settings = settings

    def build_middleware_stack(self) -> ASGIApp:
        """Returns the application with the border outermost, so that refusals and crashes pass it too."""
        secret = self._settings.probe_secret
        gate = Gate(
            super().build_middleware_stack(),
            self._settings.frontend,
            secret.get_secret_value() if secret is not None else None,
        )
        return OpenAIDialect(Border(gate, self._settings))

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


def create_app(settings: Settings, provider: TracerProvider | None = None) -> Gateway:
    """Returns the gateway's application; what it needs is opened when it starts and closed when it stops.

    `provider` gets the traces of requests and jobs.
    """
    hub = EventHub()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with open_studio(settings, hub, provider) as studio:
            app.state.studio = studio
            yield

    app = Gateway(
        settings,
        title="Limner",
        version=limner_version(),
        summary="An image studio for Qwen-Image.",
        lifespan=lifespan,
        docs_url=None,  # it would load scripts from elsewhere, which the page's policy forbids
        redoc_url=None,
        responses={"default": problems.document("What went wrong.")},
        telemetry=telemetry(provider),
    )
    app.state.hub = hub
    problems.install(app)
    for module in (
        generate,
        estimate,
        preprocess,
        queue,
        jobs,
        history,
        events,
        images,
        session,
        models,
        system,
        openai,
    ):
        app.include_router(module.router)
    page.serve_page(app, settings.frontend)
    return app
