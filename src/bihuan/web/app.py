"""The HTTP application: every feature's routes, problem answers, live events, the built front end.

uvicorn starts it by factory: ``uvicorn --factory bihuan.web.app:from_settings``.
"""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec

from fastapi import FastAPI
from fastapi.routing import APIRoute

from bihuan import __version__, bootstrap
from bihuan.features.access.http import Gate, public
from bihuan.settings import from_environment
from bihuan.web import events, frontpage, logging, middleware, problems

FEATURES = (
    "access", "modelling", "planning", "collaboration", "process", "entry", "entry.forms", "entry.checks",
    "control", "integration", "forecast", "monitoring", "analysis",
)  # fmt: skip
BESIDE = (
    "access.service_api",
    "planning.branches_api",
    "planning.copy_api",
    "planning.reallocate_api",
    "planning.spread_api",
    "control.service.api",
    "control.service.webhook_api",
    "control.changing.api",
    "control.desk.api",
    "control.simulating.api",
    "control.editions.api",
    "control.explanation_api",
    "control.mapping_api",
    "collaboration.inbox_api",
    "entry.review_api",
    "entry.slice_api",
)  # routers of a feature beside its api.py


def from_settings() -> FastAPI:
    """The factory of a web worker: settings from the environment."""
    return create_app(bootstrap.build(from_environment()))


def create_app(container: bootstrap.Container) -> FastAPI:
    """The application around a container."""
    logging.configure()
    app = FastAPI(
        title="闭环 Bihuan",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,  # the page loads scripts from elsewhere, which our content policy refuses
        redoc_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=_operation_id,
    )
    app.state.container = container
    app.state.gate = Gate(container.database, container.trees)
    app.state.hub = events.Hub(container.settings.database_url or "")
    app.add_middleware(middleware.SizeLimit)
    app.add_middleware(middleware.RequestFrame, on_fault=problems.on_fault)
    problems.install(app)
    _add_health(app)
    for feature in FEATURES:
        name = f"bihuan.features.{feature}.api"
        if find_spec(name):
            app.include_router(importlib.import_module(name).router)
    for module in BESIDE:
        app.include_router(importlib.import_module(f"bihuan.features.{module}").router)
    app.include_router(events.router)
    frontpage.install(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with app.state.hub.running():
        yield


def _operation_id(route: APIRoute) -> str:
    """``access_sign_in``: short names for the generated client."""
    return f"{route.tags[0]}_{route.name}" if route.tags else route.name


def _add_health(app: FastAPI) -> None:
    @app.get("/healthz", tags=["web"], **public())
    def healthz() -> dict[str, str]:
        """Alive, and the database answers."""
        with app.state.container.database.reading() as reader:
            reader.value("access.alive")
        return {"status": "ok", "version": __version__}
