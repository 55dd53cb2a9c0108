"""The database, SQLite in WAL mode or PostgreSQL: every commit on disk before it is answered."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import ConnectionPoolEntry

from bench.conventional.models import Base

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
)

# SQLite has one writer at a time. Waiting here, in turn, beats polling for the file's lock:
# measured in six interleaved rounds, as many registrations/s and a fifth of the p99. The size of
# the pool (1, 3, the default) made no difference beyond the noise.
_turn_to_write = asyncio.Lock()


def open_engine(path: Path) -> AsyncEngine:
    """Return the engine over the file `path`, which is made when it is first used."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", connect_args={"timeout": 30})

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    return engine


def open_postgres(url: str) -> AsyncEngine:
    """Return the engine over a PostgreSQL database; each request has a connection of its own.

    32 connections, as many as the load has: with 16 or fewer, requests wait for one.
    """
    return create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1), pool_size=32, max_overflow=0
    )


def session_maker(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Return the maker of sessions; objects stay readable after the commit."""
    return async_sessionmaker(engine, expire_on_commit=False)


async def create_tables(engine: AsyncEngine) -> None:
    """Make the tables that are missing."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


async def commit(session: AsyncSession) -> None:
    """Write what the session holds and commit it, when it is its turn."""
    if session.get_bind().dialect.name == "sqlite":
        async with _turn_to_write:
            await session.commit()
    else:
        await session.commit()


async def session_of(request: Request) -> AsyncIterator[AsyncSession]:
    """Give the request a session of its own, rolled back unless it was committed."""
    async with request.app.state.sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(session_of)]
