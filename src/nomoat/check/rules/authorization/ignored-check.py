import hmac
import logging
import os

from flask import Flask, abort, request, session

app = Flask(__name__)
log = logging.getLogger(__name__)
NOTES = {1: {"owner": "ana", "text": "hi"}}


def owns(note):
    return note["owner"] == session.get("user")


def is_editor():
    role = session.get("role")
    return role in ("editor", "admin")


def has_role(name):
    if "role" not in session:
        return False
    return session["role"] == name


def ensure_owner(note):
    if not owns(note):
        abort(403)
    return True


def check_visits(note):
    log.info("user %s reads", session.get("user"))
    return note["owner"] == session.get("user")


@app.delete("/notes/<int:note_id>")
def remove(note_id):
    if "user" not in session:
        abort(401)
    owns(NOTES[note_id])  # expect: ignored-check
    del NOTES[note_id]
    return "", 204


@app.put("/notes/<int:note_id>")
def write(note_id):
    if "user" not in session:
        abort(401)
    if not owns(NOTES[note_id]):
        abort(403)
    NOTES[note_id]["text"] = request.json["text"]
    return "", 204


@app.post("/notes/<int:note_id>/lock")
def lock(note_id):
    if "user" not in session:
        abort(401)
    ensure_owner(NOTES[note_id])
    NOTES[note_id]["locked"] = True
    return "", 204


@app.post("/notes/<int:note_id>/pin")
def pin(note_id):
    has_role("editor")  # expect: ignored-check
    NOTES[note_id]["pinned"] = True
    return "", 204


@app.post("/notes/<int:note_id>/visit")
def visit(note_id):
    if not is_editor():
        abort(403)
    check_visits(NOTES[note_id])
    return "", 204


@app.post("/notes/<int:note_id>/sync")
def sync(note_id):
    sent = request.headers.get("X-Signature", "")
    want = hmac.new(os.environ["SYNC_KEY"].encode(), request.get_data(), "sha256").hexdigest()
    hmac.compare_digest(want, sent)  # expect: ignored-check
    NOTES[note_id]["text"] = request.get_data(as_text=True)
    return "", 204
