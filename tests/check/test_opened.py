"""What was opened on purpose, who is given something, and keys that no person has: none of it was forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.projects import findings_of, result_of

_REST = """
    from django.contrib.auth.models import User
    from django.db import models
    from django.urls import path
    from rest_framework import generics, permissions, serializers

    class Seed(models.Model):
        title = models.CharField(max_length=9)
        owner = models.ForeignKey(User, on_delete=models.CASCADE)
        is_public = models.BooleanField()

    class SeedSerializer(serializers.ModelSerializer):
        class Meta:
            model = Seed
            fields = ["id", "title"]

    class AccountSerializer(serializers.ModelSerializer):
        class Meta:
            model = User
            fields = ["username"]

    class Mine(generics.ListCreateAPIView):
        queryset = Seed.objects.all()
        serializer_class = SeedSerializer

    class Other(generics.RetrieveUpdateDestroyAPIView):
        queryset = Seed.objects.all()
        serializer_class = SeedSerializer

    class Tried(generics.{base}):
        queryset = {queryset}
        serializer_class = {serializer}
        {said}

    urlpatterns = [
        path("seeds/", Mine.as_view()), path("seeds/<int:pk>/", Other.as_view()), path("tried/", Tried.as_view()),
    ]
"""
_SETTINGS = """
    ROOT_URLCONF = "garden"
    INSTALLED_APPS = ["django.contrib.auth", "rest_framework", "garden"]
    MIDDLEWARE = []
    REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]}
"""
_ANY = "permission_classes = [permissions.AllowAny]"
_NONE = "permission_classes = []"


@pytest.mark.parametrize(
    ("base", "queryset", "serializer", "said", "confidence"),
    [
        ("ListAPIView", "Seed.objects.all()", "SeedSerializer", _NONE, "sure"),
        ("ListAPIView", "Seed.objects.all()", "SeedSerializer", _ANY, "low"),
        ("ListAPIView", "Seed.objects.filter(is_public=True)", "SeedSerializer", _NONE, "low"),
        ("ListAPIView", "Seed.objects.filter(is_public=False)", "SeedSerializer", _NONE, "sure"),
        ("CreateAPIView", "Seed.objects.all()", "SeedSerializer", _ANY, "sure"),
        ("CreateAPIView", "User.objects.all()", "AccountSerializer", _ANY, ""),
        ("CreateAPIView", "User.objects.all()", "AccountSerializer", _NONE, "sure"),
    ],
)
def test_who_says_that_everybody_may_has_thought_of_it(
    base: str, queryset: str, serializer: str, said: str, confidence: str, tmp_path: Path
) -> None:
    view = _REST.format(base=base, queryset=queryset, serializer=serializer, said=said)

    found = result_of(tmp_path, {"settings.py": _SETTINGS, "garden.py": view}).findings

    told = [one.confidence for one in found if one.rule == "missing-guard" and one.target.endswith(" /tried/")]
    assert ([confidence] if confidence else []) == told


_KEYS = """
    import hmac
    import os
    from fastapi import Depends, FastAPI, Header, HTTPException
    from sqlalchemy import create_engine
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

    app = FastAPI()
    engine = create_engine("sqlite://")

    class Base(DeclarativeBase): ...

    class Seed(Base):
        __tablename__ = "seeds"
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[int]

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        api_key: Mapped[str]

    def guard(x_key: str = Header()):
        {guard}

    @app.delete("/seeds/{{seed_id}}", dependencies=[Depends(guard)])
    def remove(seed_id: int):
        with Session(engine) as session:
            session.delete(session.get(Seed, seed_id))
            session.commit()
"""


@pytest.mark.parametrize(
    ("guard", "confidence"),
    [
        (
            'if not hmac.compare_digest(x_key, os.environ["GARDEN_KEY"]):\n            raise HTTPException(403)',
            "low",
        ),
        (
            "with Session(engine) as session:\n"
            "            found = session.query(User).filter(User.api_key == x_key).first()\n"
            "        if found is None:\n            raise HTTPException(403)",
            "sure",
        ),
    ],
)
def test_a_key_that_no_person_has_owns_nothing(guard: str, confidence: str, tmp_path: Path) -> None:
    found = findings_of(tmp_path, "missing-ownership", _KEYS.format(guard=guard))

    assert [confidence] == [one.confidence for one in found]


@pytest.mark.parametrize(("field", "is_found"), [("to", False), ("recipient", False), ("username", True)])
def test_who_is_given_something_need_not_be_the_caller(field: str, is_found: bool, tmp_path: Path) -> None:
    source = f"""
        from flask import Flask, request
        from flask_login import LoginManager, login_required
        from flask_sqlalchemy import SQLAlchemy

        app = Flask(__name__)
        LoginManager(app)
        db = SQLAlchemy(app)

        class User(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            username = db.Column(db.String)
            points = db.Column(db.Integer)

        @app.post("/thanks")
        @login_required
        def thank():
            found = User.query.filter_by(username=request.form["{field}"]).first()
            found.points = found.points + 1
            db.session.commit()
            return "ok"
    """

    found = findings_of(tmp_path, "missing-ownership", source)

    assert is_found == bool(found)


@pytest.mark.parametrize(
    ("body", "confidence"),
    [("remember(number)", "low"), ("db.execute('DELETE FROM labels WHERE id = ?', (number,))", "sure")],
)
def test_a_route_that_touches_nothing_is_not_weaker_than_others(body: str, confidence: str, tmp_path: Path) -> None:
    others = "".join(
        f"""
        @app.post("/{name}/<int:number>")
        @keeper
        def {name}(number):
            db.execute("UPDATE labels SET {name} = 1 WHERE id = ?", (number,))
            return "ok"
        """
        for name in ("printed", "sent", "gone")
    )
    source = f"""
        import sqlite3
        from functools import wraps
        from flask import Flask, abort, session

        app = Flask(__name__)
        db = sqlite3.connect("labels.db")

        def keeper(view):
            @wraps(view)
            def inner(*args, **kwargs):
                if "user" not in session:
                    abort(401)
                if session["role"] != "keeper":
                    abort(403)
                return view(*args, **kwargs)
            return inner

        def signed_in(view):
            @wraps(view)
            def inner(*args, **kwargs):
                if "user" not in session:
                    abort(401)
                return view(*args, **kwargs)
            return inner

        def remember(number):
            session["last"] = number
        {others}
        @app.post("/tried/<int:number>")
        @signed_in
        def tried(number):
            {body}
            return "ok"
    """

    found = findings_of(tmp_path, "weaker-guard", source)

    assert [confidence] == [one.confidence for one in found]


_JOBS = """
    from django.contrib.auth.decorators import login_required
    from django.db import models
    from django.http import HttpResponse
    from django.urls import path

    class Job(models.Model):
        title = models.CharField(max_length=9)

    @login_required
    def cancel(request, pk):
        Job.objects.filter(pk=pk).update(title="cancelled")
        return HttpResponse("done")

    @login_required
    def rename(request, pk):
        job = Job.objects.get(pk=pk)
        job.title = request.POST["title"]
        job.save()
        return HttpResponse("done")

    def submit(request):
        {submit}
        return HttpResponse("form")

    urlpatterns = [
        path("jobs/<int:pk>/cancel", cancel), path("jobs/<int:pk>/rename", rename), path("jobs/submit", submit)
    ]
"""
_JOBS_SETTINGS = """
    ROOT_URLCONF = "jobs"
    INSTALLED_APPS = ["django.contrib.auth", "jobs"]
    MIDDLEWARE = ["django.contrib.auth.middleware.AuthenticationMiddleware"]
"""


@pytest.mark.parametrize(
    ("submit", "is_sure"),
    [
        ('if request.method == "POST":\n            Job.objects.create(title="x")', True),
        (
            'if request.method == "POST" and request.user.is_authenticated:\n            '
            'Job.objects.create(title="x")',
            False,
        ),
        # Who is signed in is only greeted.
        (
            'Job.objects.create(title="x")\n        if request.user.is_authenticated:\n            '
            'return HttpResponse("done")',
            True,
        ),
        (
            'if not request.user.is_authenticated:\n            Job.objects.create(title="x")',
            True,
        ),
    ],
)  # fmt: skip
def test_a_page_that_changes_rows_only_for_who_is_signed_in_was_thought_of(
    tmp_path: Path, submit: str, is_sure: bool
) -> None:
    found = result_of(tmp_path, {"settings.py": _JOBS_SETTINGS, "jobs.py": _JOBS.format(submit=submit)}).findings
    said = {one.confidence for one in found if one.rule == "missing-guard" and "/jobs/submit" in one.message}
    assert said == {"sure" if is_sure else "likely"}
