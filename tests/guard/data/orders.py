"""A small shop with a database behind guard: its orders as SQLAlchemy reads them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool

from nomoat.guard import Identity
from nomoat.guard.loading import Mode
from nomoat.journal.facts import Decision
from tests.guard.calling import Answer
from tests.guard.guarded import ANA, POLICY, Guarded
from tests.policy.maps import route

LIST = route("GET /orders", binding=("orders:read",), requires=("orders:read",))


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str | None]
    total: Mapped[int]
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    user: Mapped[User | None] = relationship()


OWNERS = ("ana", "ben", "Ana", "ana ", None, "ana")


def engine() -> sa.Engine:
    """Orders 1 to 6, of `OWNERS`."""
    made = sa.create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(made)
    with Session(made) as session:
        session.add_all([User(id=1, name="ana"), User(id=2, name="ben")])
        session.flush()
        session.add_all(
            Order(id=number, owner=owner, total=number, user_id=1 if owner == "ana" else 2)
            for number, owner in enumerate(OWNERS, 1)
        )
        session.commit()
    return made


def listed(
    root: Path,
    condition: Callable[[], Any],
    *,
    mode: Mode = "enforce",
    policy: str = POLICY,
    who: Identity | None = ANA,
) -> tuple[Answer, list[Decision]]:
    """The numbers of the orders that a handler shows by a condition, and the decisions."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    database = engine()

    @app.get("/orders")
    def orders() -> list[int]:
        with Session(database) as session:
            return list(session.scalars(sa.select(Order.id).where(condition()).order_by(Order.id)))

    try:
        return Guarded(root, app, (LIST,), mode=mode, policy=policy, who=who).ask("GET", "/orders")
    finally:
        database.dispose()


def final(facts: list[Decision]) -> Decision:
    """The decision that readers count."""
    return max(facts, key=lambda one: one.sequence)
