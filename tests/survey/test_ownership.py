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


_DOCUMENTS = """\
import os
import jwt
from fastapi import Depends, FastAPI, Header, HTTPException
from pymongo import MongoClient

seeds = MongoClient(os.environ["DB"]).garden.seeds
people = MongoClient(os.environ["DB"]).garden.people
app = FastAPI()


def me(authorization: str = Header()):
    try:
        claims = jwt.decode(authorization, os.environ["KEY"], algorithms=["HS256"])
    except jwt.PyJWTError:
        raise HTTPException(401)
    found = people.find_one({"_id": claims["sub"]})
    if found is None:
        raise HTTPException(401)
    return found


@app.get("/seeds/{seed_id}")
def seed(seed_id: str, who=Depends(me)):
    BODY
"""


@pytest.mark.parametrize(
    ("body", "is_owned"),
    [
        ('return seeds.find_one({"_id": seed_id, "owner": who["_id"]})', True),
        ('return seeds.find_one({"_id": seed_id, "sown_by": who["_id"]})', True),
        ('return seeds.update_one({"_id": seed_id, "owner": who["_id"]}, {"$set": {"wet": True}})', True),
        ('return seeds.find_one({"_id": seed_id, "$or": [{"owner": who["_id"]}, {"shared": True}]})', False),
        ('return seeds.find_one({"_id": seed_id, "kind": who["kind"]})', False),
        ('return seeds.find_one({"_id": seed_id, "garden_id": who["garden_id"]})', True),
        ('return seeds.find_one({"_id": seed_id, "garden_id": who["bed_id"]})', False),
        ('return seeds.find_one({"_id": seed_id, "owner": {"$ne": who["_id"]}})', False),
        ('return seeds.update_one({"_id": seed_id}, {"$set": {"owner": who["_id"]}})', False),
        ('return seeds.find_one({"_id": seed_id})', False),
    ],
)
def test_a_filter_of_documents_owns_where_all_of_it_must_fit(body: str, is_owned: bool, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_DOCUMENTS.replace("BODY", body))

    (route,) = [one for one in draw(tmp_path).map.routes if one.path == "/seeds/{seed_id}"]

    assert is_owned == any(guard.kind == "ownership" for guard in route.guards)


def test_a_row_that_was_read_is_compared_by_its_key(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        _DOCUMENTS.replace(
            "BODY",
            'found = seeds.find_one({"_id": seed_id})\n'
            '    if found is None or found["sower"] != str(who["_id"]):\n'
            "        raise HTTPException(404)\n"
            "    return found",
        )
    )

    (route,) = [one for one in draw(tmp_path).map.routes if one.path == "/seeds/{seed_id}"]

    assert ["ownership"] == [guard.kind for guard in route.guards if guard.runs == "inside"]


_BOOKS = """\
from django import forms
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import models
from django.urls import path
from django.views.generic import CreateView, FormView, UpdateView


class Book(models.Model):
    title = models.CharField(max_length=10)
    class Meta:
        db_table = "books"


class BookForm(forms.ModelForm):
    class Meta:
        model = Book
        fields = ["title"]


class Question(forms.Form):
    text = forms.CharField()


class View(LoginRequiredMixin, BASE):
    BODY


urlpatterns = [path("books/<int:pk>/", View.as_view())]
"""


@pytest.mark.parametrize(
    ("base", "body", "writes"),
    [
        ("CreateView", "form_class = BookForm", True),
        ("UpdateView", 'model = Book\n    fields = ["title"]', True),
        ("UpdateView", "queryset = Book.objects.all()\n    form_class = BookForm", True),
        ("FormView", "form_class = Question", False),
    ],
)
def test_generic_views_write_what_their_form_is_of(base: str, body: str, writes: bool, tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text("ROOT_URLCONF = 'books'\nINSTALLED_APPS = ['books']\nMIDDLEWARE = []\n")
    (tmp_path / "books.py").write_text(_BOOKS.replace("BASE", base).replace("BODY", body))

    found = {route.method: bool(route.writes) for route in draw(tmp_path).map.routes}

    assert {"POST": writes, "GET": False} == {method: found[method] for method in ("POST", "GET")}


@pytest.mark.parametrize(
    ("flag", "asks"), [("is_curator", ["role:is_curator"]), ("is_authenticated", []), ("is_new", []), ("is_active", [])]
)
def test_what_only_some_accounts_are_is_asked_for_like_a_role(flag: str, asks: list[str], tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "from flask import Flask, abort\n"
        "from flask_login import LoginManager, current_user, login_required\n"
        "app = Flask(__name__)\n"
        "LoginManager(app)\n"
        "@app.get('/d')\n"
        "@login_required\n"
        "def d():\n"
        f"    if not current_user.{flag}:\n"
        "        abort(403)\n"
        "    return 'ok'\n"
    )

    (route,) = [one for one in draw(tmp_path).map.routes if (one.method, one.path) == ("GET", "/d")]

    assert asks == [guard.name for guard in route.guards if guard.kind == "permission"]


_CURSORS = """\
import sqlite3
from flask import Flask, abort, request, session
app = Flask(__name__)


def one(sql, *values):
    cursor = sqlite3.connect("library.db").cursor()
    cursor.execute(sql, values)
    return cursor.fetchone()


def me():
    if not session.get("reader"):
        abort(401)
    row = one("SELECT id, name, role FROM readers WHERE id = ?", session["reader"])
    return {"id": row[0], "role": row[2]}


@app.get("/d/<int:loan_id>")
def d(loan_id):
    BODY
    return "ok"
"""


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ('if me()["role"] != "librarian":\n        abort(403)', {"authentication", "permission"}),
        (
            'row = one("SELECT reader FROM loans WHERE id = ?", loan_id)\n'
            '    if row[0] != me()["id"]:\n        abort(404)',
            {"authentication", "ownership"},
        ),
        ('me()\n    row = one("SELECT reader FROM loans WHERE id = ?", loan_id)', {"authentication"}),
        ('row = one("SELECT reader FROM loans WHERE id = ?", loan_id)\n    if row is None:\n        abort(401)', set()),
    ],
)
def test_a_cursor_gives_what_it_was_asked_for(body: str, kinds: set[str], tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_CURSORS.replace("BODY", body))

    (route,) = [one for one in draw(tmp_path).map.routes if (one.method, one.path) == ("GET", "/d/{loan_id}")]

    assert kinds == {guard.kind for guard in route.guards}
    assert ("guarded" if kinds else "unguarded") == route.verdict


def test_who_was_looked_up_perhaps_is_the_caller_where_an_item_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "from flask import Flask, abort, g, session\n"
        "from pymongo import MongoClient\n"
        "app = Flask(__name__)\n"
        "db = MongoClient().farm\n"
        "@app.before_request\n"
        "def who():\n"
        "    g.me = None\n"
        "    if 'uid' in session:\n"
        "        g.me = db.farmers.find_one({'_id': session['uid']})\n"
        "    if not g.me:\n"
        "        abort(401)\n"
        "@app.put('/fields/<field_id>')\n"
        "def d(field_id):\n"
        "    db.fields.update_one({'_id': field_id, 'farmer': g.me['_id']}, {'$set': {'ploughed': True}})\n"
        "    return ''\n"
    )

    (route,) = [one for one in draw(tmp_path).map.routes if one.method == "PUT"]

    assert ["authentication", "ownership"] == sorted(guard.kind for guard in route.guards)


_TENANTS = """\
from flask import Flask, abort, g, session
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class Vet(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    practice_id = db.Column(db.Integer)
    level = db.Column(db.Integer)


class Animal(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    practice_id = db.Column(db.Integer)
    level = db.Column(db.Integer)


@app.before_request
def who():
    g.vet = Vet.query.filter_by(id=session.get("vet")).first()
    if g.vet is None:
        abort(401)


class Animals:
    def found(self, key):
        return BODY


animals = Animals()


@app.get("/animals/<int:key>")
def animal(key):
    return {"level": animals.found(key).level}
"""


@pytest.mark.parametrize(
    ("body", "is_owned"),
    [
        ("Animal.query.filter_by(id=key, practice_id=g.vet.practice_id).first_or_404()", True),
        ("Animal.query.filter(Animal.id == key, Animal.practice_id == g.vet.practice_id).first_or_404()", True),
        ("Animal.query.filter_by(id=key, level=g.vet.level).first_or_404()", False),
        ("Animal.query.filter_by(practice_id=key, level=g.vet.practice_id).first_or_404()", False),
        ("Animal.query.filter_by(id=key).first_or_404()", False),
    ],
)
def test_row_and_caller_that_belong_to_the_same_are_told_by_the_key(body: str, is_owned: bool, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_TENANTS.replace("BODY", body))

    (route,) = [one for one in draw(tmp_path).map.routes if (one.method, one.path) == ("GET", "/animals/{key}")]

    assert is_owned == any(guard.kind == "ownership" for guard in route.guards)


_SCHOOLS = """\
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path


class School(models.Model): ...


class Person(AbstractUser):
    school = models.ForeignKey(School, on_delete=models.CASCADE)
    grade = models.IntegerField()


class Locker(models.Model):
    school = models.ForeignKey(School, on_delete=models.CASCADE)
    grade = models.IntegerField()


@login_required
def locker(request, key):
    return HttpResponse(BODY.grade)


urlpatterns = [path("lockers/<int:key>/", locker)]
"""


@pytest.mark.parametrize(
    ("body", "is_owned"),
    [
        ("get_object_or_404(Locker, pk=key, school=request.user.school)", True),
        ("Locker.objects.get(pk=key, school=request.user.school)", True),
        ("Locker.objects.filter(school=request.user.school).get(pk=key)", True),
        ("get_object_or_404(Locker, pk=key, grade=request.user.grade)", False),
        ("Locker.objects.get(pk=key, grade=request.user.grade)", False),
        ("Locker.objects.get(pk=key, school=request.GET['school'])", False),
    ],
)
def test_a_column_that_points_at_what_the_caller_belongs_to_owns(body: str, is_owned: bool, tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(
        "ROOT_URLCONF = 'lockers'\nINSTALLED_APPS = ['lockers']\nAUTH_USER_MODEL = 'lockers.Person'\nMIDDLEWARE = []\n"
    )
    (tmp_path / "lockers.py").write_text(_SCHOOLS.replace("BODY", body))

    routes = [one for one in draw(tmp_path).map.routes if (one.method, one.path) == ("GET", "/lockers/{key}/")]

    assert [is_owned] == [any(guard.kind == "ownership" for guard in one.guards) for one in routes]


_SEARCHED = """\
from fastapi import Depends, FastAPI, HTTPException
from app.auth import signed_in
from app.engines import engine_of
from app.store import Notes
app = FastAPI(openapi_url=None)

@app.get("/shared/{note_id}")
def shared(note_id: int, user=Depends(signed_in)):
    note = Notes.by_id(note_id)
    if note.owner_id != user.id:
        return engine_of(note).summary()
    return note.text

@app.get("/own/{note_id}")
def own(note_id: int, user=Depends(signed_in)):
    note = Notes.by_id(note_id)
    if note.owner_id != user.id:
        if not note.is_public:
            raise ValueError("not yours")
    return note.text

@app.get("/mine/{note_id}")
def mine(note_id: int, user=Depends(signed_in)):
    note = Notes.by_id(note_id)
    if note.owner_id != user.id:
        deny()
    return note.text

def deny():
    raise HTTPException(400, "not yours")
"""

_ENGINES = """\
from fastapi import HTTPException

def engine_of(note):
    if not note.engine:
        raise OSError("no engine")
    if note.engine == "old":
        raise HTTPException(400)
    return note.engines[note.engine]
"""

_AUTH = """\
from fastapi import HTTPException, Request
from app.store import Users

def signed_in(request: Request):
    key = request.headers.get("authorization")
    if not key:
        raise HTTPException(401)
    return Users.by_token(key)
"""


def test_what_is_malformed_within_what_the_owner_sees_asks_nobody_whose_it_is(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "__init__.py").write_text("")
    (app / "main.py").write_text(_SEARCHED)
    (app / "auth.py").write_text(_AUTH)
    (app / "engines.py").write_text(_ENGINES)

    found = {one.path: [guard.kind for guard in one.guards] for one in draw(tmp_path).map.routes}

    assert found == {
        "/shared/{note_id}": ["authentication"],
        "/own/{note_id}": ["authentication", "ownership"],
        "/mine/{note_id}": ["authentication", "ownership"],
    }
