"""What a page shows as it is has surely been written by somebody where a route here writes that column."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from nomoat import settings as settings_file
from nomoat.check.scan import scan

_APP = """\
import sqlite3

import bleach
from flask import Flask, render_template, request

app = Flask(__name__)


class Guest:
    def __init__(self, name):
        self.name = name


def run(sql, *values):
    return sqlite3.connect("book.db").execute(sql, values)


@app.get("/guests/<int:guest_id>")
def guest(guest_id):
    return render_template("guest.html", guest=run("SELECT * FROM guests WHERE id = ?", guest_id).fetchone())


@app.post("/guests/<int:guest_id>")
def write(guest_id):
    WRITES
    return "", 204
"""


@pytest.mark.parametrize(
    ("writes", "confidence"),
    [
        ('run("UPDATE guests SET motto = ? WHERE id = ?", request.form["motto"], guest_id)', "sure"),
        ('run("INSERT INTO guests (id, motto) VALUES (?, ?)", guest_id, request.form["motto"])', "sure"),
        ('run("UPDATE guests SET motto = ? WHERE id = ?", bleach.clean(request.form["motto"]), guest_id)', "likely"),
        ('run("UPDATE guests SET age = ? WHERE id = ?", request.form["motto"], guest_id)', "likely"),
        ('print(motto=request.form["motto"])', "likely"),
        ('found = Guest("x")\n    found.motto = request.form["motto"]', "sure"),
    ],
)
def test_a_column_that_a_route_writes_as_it_was_sent_is_sure(writes: str, confidence: str, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "guest.html").write_text("<p>{{ guest.motto|safe }}</p>\n")
    (tmp_path / "app.py").write_text(_APP.replace("WRITES", writes))

    result = scan(tmp_path, settings_file.empty(tmp_path), today=date(2026, 11, 29))

    assert [confidence] == [one.confidence for one in result.findings if one.rule == "unescaped-template"]


_POLLS = """\
from django import forms
from django.db import models
from django.shortcuts import get_object_or_404, render


class Category(models.Model):
    title = models.CharField()


class Poll(models.Model):
    title = models.CharField()


class TitleForm(forms.ModelForm):
    class Meta:
        model = {model}
        fields = ("title",)


def poll(request, pk):
    return render(request, "poll.html", {"shown": get_object_or_404(Poll, pk=pk)})


def drawn(request, poll):
    return render(request, "drawn.html", {"poll": poll})
"""


@pytest.mark.parametrize(("model", "confidence"), [("Poll", "sure"), ("Category", "likely")])
@pytest.mark.parametrize(("page", "name"), [("poll.html", "shown"), ("drawn.html", "poll")])
def test_a_column_of_the_same_name_in_another_table_is_not_what_was_written(
    model: str, confidence: str, page: str, name: str, tmp_path: Path
) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / page).write_text("<p>{{ NAME.title|safe }}</p>\n".replace("NAME", name))
    (tmp_path / "views.py").write_text(_POLLS.replace("{model}", model))

    result = scan(tmp_path, settings_file.empty(tmp_path), today=date(2026, 11, 29))

    assert [confidence] == [one.confidence for one in result.findings if one.rule == "unescaped-template"]
