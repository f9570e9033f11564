"""What asks whose an object is stands on the map as an ownership guard; what only looks like it does not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nomoat.survey.draw import draw

CASES = Path(__file__).parent.parent / "check" / "fixtures" / "cases"


@pytest.mark.parametrize("case", ["ownership", "ownership_queries"])
def test_a_route_has_an_ownership_guard_exactly_where_the_case_is_unmarked(case: str, tmp_path: Path) -> None:
    shutil.copy(CASES / f"{case}.py", tmp_path / "app.py")
    lines = (tmp_path / "app.py").read_text().splitlines()
    # The routes of countries have no owner; those of `/b...` ask for somebody else or for something else.
    open_to_all = {
        line.split('"')[1]
        for line in lines
        if line.startswith(("@app.", "@router.")) and ("# expect:" in line or '"/b' in line or '"/countries' in line)
    }

    routes = draw(tmp_path).map.routes

    unowned = {
        one.path.removeprefix("/notes")
        for one in routes
        if not any(guard.kind == "ownership" and guard.at.startswith("app.py:") for guard in one.guards)
    }
    assert open_to_all == unowned


def test_a_dependency_that_loads_the_callers_own_runs_before(tmp_path: Path) -> None:
    shutil.copy(CASES / "ownership.py", tmp_path / "app.py")

    found = {one.path: [guard.runs for guard in one.guards if guard.kind == "ownership"]
             for one in draw(tmp_path).map.routes}  # fmt: skip

    assert (["before"], ["inside"]) == (found["/notes/{note_id}/dependency"], found["/notes/{note_id}/helper"])


def test_checks_in_another_file_and_filters_of_a_query_are_found(tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parent / "fixtures" / "owned", tmp_path, dirs_exist_ok=True)

    routes = draw(tmp_path).map.routes

    owned = {one.path for one in routes if any(guard.kind == "ownership" for guard in one.guards)}
    assert {one.path for one in routes if one.path.startswith("/g")} == owned
    assert len(routes) > len(owned)


_SETTINGS = """\
import os
from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic_settings import BaseSettings
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase): ...


class Parcel(Base):
    __tablename__ = "parcels"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int]


class Settings(BaseSettings):
    url: str = "sqlite://"


def get_settings():
    return Settings()


engine = create_engine({url})
app = FastAPI()


def get_session():
    with Session(engine) as session:
        yield session


def current_user(request: Request):
    user = request.session.get("user")
    if user is None:
        raise HTTPException(401)
    return user


@app.get("/g/{parcel_id}")
def owned(parcel_id: int, user=Depends(current_user), session=Depends(get_session)):
    parcel = session.get(Parcel, parcel_id)
    if parcel is None or parcel.owner_id != user.id:
        raise HTTPException(404)
    return parcel


@app.get("/b/{parcel_id}")
def of_one_user(parcel_id: int, user=Depends(current_user), session=Depends(get_session)):
    if user.id != os.environ["OPERATOR"]:
        raise HTTPException(403)
    return session.get(Parcel, parcel_id)
"""


@pytest.mark.parametrize("url", ['"sqlite://"', 'os.environ["DB"]', "Settings().url", "get_settings().url"])
def test_a_row_is_data_wherever_the_database_was_named(url: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_SETTINGS.replace("{url}", url))

    routes = draw(tmp_path).map.routes

    owned = [one.path for one in routes if any(guard.kind == "ownership" for guard in one.guards)]
    assert ["/g/{parcel_id}"] == owned
