"""The application: its state, its routers, and what answers an error."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, Response

from bench.conventional import oauth, pace, secuconnect
from bench.conventional.database import (
    create_tables,
    open_engine,
    open_postgres,
    session_maker,
)
from bench.conventional.demo import add_demo_client
from bench.conventional.errors import RequestRefused, TokenRefused
from bench.conventional.vault import Vault


def create_app(data: Path, database: str | None = None) -> FastAPI:
    """Return the server over the keys in the directory `data`, and the database there, or another.

    `database` is a PostgreSQL URL.
    """
    data.mkdir(parents=True, exist_ok=True)
    engine = open_postgres(database) if database else open_engine(data / "conventional.db")
    sessions = session_maker(engine)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await create_tables(engine)
        await add_demo_client(sessions)
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)
    app.state.sessions = sessions
    app.state.vault = Vault.load(data / "keys.json")
    for router in (oauth.router, secuconnect.router, pace.router):
        app.include_router(router)
    app.add_api_route("/readyz", ready, response_class=PlainTextResponse)
    app.add_exception_handler(RequestRefused, answer_error)
    app.add_exception_handler(RequestValidationError, answer_error)
    return app


async def ready() -> str:
    """Say that the server answers; the tables are there before it listens."""
    return "ready"


async def answer_error(request: Request, error: Exception) -> Response:
    """Answer an error in the words of the wire that the request came by."""
    is_pace = request.url.path.startswith(pace.PREFIX)
    match error:
        case RequestValidationError():
            return pace.render_invalid(error) if is_pace else secuconnect.render_invalid(error)
        case TokenRefused():
            return oauth.render_refused(error)
        case RequestRefused() if is_pace:
            return pace.render_refused(request, error)
        case RequestRefused():
            return secuconnect.render_refused(error)
    raise error
