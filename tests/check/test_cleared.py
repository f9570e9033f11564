"""Who may delete every row of a table of which each is somebody's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.projects import findings_of

_APP = """
    from flask import Flask
    from flask_login import LoginManager, current_user, login_required
    from flask_sqlalchemy import SQLAlchemy
    from sqlalchemy import delete

    app = Flask(__name__)
    LoginManager(app)
    db = SQLAlchemy(app)

    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)

    class Note(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        user_id = db.Column(db.ForeignKey("user.id"))

    class Word(db.Model):
        id = db.Column(db.Integer, primary_key=True)

    @app.delete("/tried")
    @login_required
    def tried():
        {body}
        db.session.commit()
        return "", 204
"""


@pytest.mark.parametrize(
    ("body", "is_found"),
    [
        ("db.session.execute(delete(Note))", True),
        ("Note.query.delete()", True),
        ("db.session.query(Note).delete()", True),
        ("db.session.execute(delete(Note).where(Note.user_id == current_user.id))", False),
        ("Note.query.filter_by(user_id=current_user.id).delete()", False),
        ("db.session.query(Note).filter(Note.user_id == current_user.id).delete()", False),
        ("Word.query.delete()", False),
        ("db.session.delete(Note.query.filter_by(user_id=current_user.id).first())", False),
    ],
)
def test_all_rows_are_deleted_where_no_condition_says_which(body: str, is_found: bool, tmp_path: Path) -> None:
    found = findings_of(tmp_path, "missing-ownership", _APP.format(body=body))

    assert is_found == any("deletes every row" in one.message for one in found)
