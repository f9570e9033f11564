"""What a query finds without a credential, beside what the application answers; and what rows of the caller grant."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import told_and_done

pytest.importorskip("sqlalchemy", reason="SQLAlchemy is not installed")
_HEAD = """
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import APIKeyHeader
from sqlalchemy import Column, Integer, String, create_engine, or_, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool

app = FastAPI(openapi_url=None)
key = APIKeyHeader(name="x-key", auto_error=False)

class Base(DeclarativeBase): pass
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    key = Column(String)
    sure: Mapped[str] = mapped_column(default="x")
class Role(Base):
    __tablename__ = "roles"
    id = Column(Integer, primary_key=True)
    user_id = Column(Integer)
    name = Column(String)

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
Base.metadata.create_all(engine)
with Session(engine) as first:
    first.add(User(id=1))
    first.commit()

def rows():
    with Session(engine) as session: yield session
def current(k=Depends(key), db: Session = Depends(rows)):
    user = db.scalar(select(User).where(User.sure == k))
    if user is None: raise HTTPException(401)
    return user


"""
_CHECK = """
def check(k=Depends(key), db: Session = Depends(rows)):
    {body}
        raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
"""
_OPEN = {
    "a row without a key": "if db.query(User).filter(User.key == k).first() is None:",
    "the same by keyword": "if db.query(User).filter_by(key=k).first() is None:",
    "the same in newer words": "if db.scalar(select(User).where(User.key == k)) is None:",
    "any other row": 'if db.query(User).filter(User.sure != (k or "")).first() is None:',
    "one of several conditions": "if db.query(User).filter(or_(User.sure == k, User.id == 1)).first() is None:",
    "the same by an operator": "if db.query(User).filter((User.sure == k) | (User.id == 1)).first() is None:",
    "a query, whatever it finds": 'if not db.query(User).filter(User.key == (k or "")):',
    "a result, whatever is in it": 'if not db.execute(select(User).where(User.key == (k or ""))):',
    "a count that is never less than none": 'if db.query(User).filter(User.key == (k or "")).count() < 0:',
    "a row that is made": "if not User(key=k):",
}
_GUARDED = {
    "a row with a key that every row has": "if db.scalar(select(User).where(User.sure == k)) is None:",
    "a row by its own key": "if db.query(User).filter(User.id == k).first() is None:",
    "a row with an empty key": 'if db.query(User).filter(User.key == (k or "")).first() is None:',
    "what is in a result": 'if not db.execute(select(User).where(User.key == (k or ""))).first():',
    "all that is in a result": 'if not db.scalars(select(User).where(User.key == (k or ""))).all():',
}


@pytest.mark.parametrize("how", _OPEN)
def test_a_query_that_may_find_something_for_nobody_guards_nothing(how: str, tmp_path: Path) -> None:
    verdict, is_refused = told_and_done(tmp_path, _HEAD + _CHECK.format(body=_OPEN[how]))

    assert not is_refused
    assert verdict != "guarded"


@pytest.mark.parametrize("how", _GUARDED)
def test_a_query_that_finds_nothing_for_nobody_guards(how: str, tmp_path: Path) -> None:
    assert ("guarded", True) == told_and_done(tmp_path, _HEAD + _CHECK.format(body=_GUARDED[how]))


_HANDLER = """
@app.get("{path}")
def d({parameter}user=Depends(current), db: Session = Depends(rows)):
    {found}
    if {wrong}: raise HTTPException({status})
    return 1
"""
_FURTHER = {
    "a row that grants": ("found = db.query(Role).filter(Role.user_id == user.id).first()", "not found"),
    "a row that grants this": (
        'found = db.query(Role).filter(Role.user_id == user.id, Role.name == "admin").first()',
        "found is None",
    ),
    "the same by keyword": ('found = db.query(Role).filter_by(user_id=user.id, name="admin").first()', "not found"),
    "names in rows": (
        "found = [row.name for row in db.query(Role).filter(Role.user_id == user.id)]",
        '"admin" not in found',
    ),
}


@pytest.mark.parametrize("how", _FURTHER)
def test_a_row_of_the_callers_that_grants_is_more_than_signing_in(how: str, tmp_path: Path) -> None:
    found, wrong = _FURTHER[how]
    body = _HANDLER.format(path="/d", parameter="", found=found, wrong=wrong, status=403)
    (tmp_path / "main.py").write_text(_HEAD + body)

    (route,) = draw(tmp_path).map.routes

    assert "guarded" == route.verdict
    assert route.binding is None


def test_the_callers_own_object_asks_only_for_signing_in(tmp_path: Path) -> None:
    found = "found = db.scalar(select(Role).where(Role.id == role_id, Role.user_id == user.id))"
    body = _HANDLER.format(path="/d/{role_id}", parameter="role_id: int, ", found=found, wrong="not found", status=404)
    (tmp_path / "main.py").write_text(_HEAD + body)

    (route,) = draw(tmp_path).map.routes

    assert ("guarded", "signed-in") == (route.verdict, route.binding)
    assert "ownership" in {guard.kind for guard in route.guards}
