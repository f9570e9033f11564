import os

import bleach
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from flask import Flask, Response, jsonify, render_template_string, request
from flask_sqlalchemy import SQLAlchemy
from markupsafe import Markup, escape
from pydantic import BaseModel
from pymongo import MongoClient

app = Flask(__name__)
api = FastAPI()
db = SQLAlchemy(app)
letters = MongoClient(os.environ["MONGO_URL"]).post.letters


class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    body = db.Column(db.String)
    colour = db.Column(db.String)
    size = db.Column(db.Integer)

    def html(self):
        return Markup("<div>" + self.body.replace("\n", "<br>") + "</div>")  # expect: stored-markup

    def html_as_it_is(self):
        return Markup(self.body)  # expect: stored-markup

    def html_escaped(self):
        return Markup("<div>" + escape(self.body) + "</div>")

    def html_put_in(self):
        return Markup("<div>{}</div>").format(self.body)

    def html_of_number(self):
        return Markup("<b>" + str(self.size) + "</b>")

    def html_of_nobody(self):
        return Markup(f"<i>{self.colour}</i>")


class Letter(BaseModel):
    text: str
    stamps: int


@app.post("/notes")
def write():
    db.session.add(Note(body=request.form["body"], colour="blue"))
    db.session.commit()
    return "", 201


@app.get("/notes/<int:note_id>")
def note(note_id):
    found = Note.query.get_or_404(note_id)
    return f"<p>{found.body}</p>"  # expect: stored-markup


@app.get("/notes/<int:note_id>/page")
def page(note_id):
    found = Note.query.get_or_404(note_id)
    return Response("<h1>Note</h1>" + found.body)  # expect: stored-markup


@app.get("/notes/<int:note_id>/part")
def part(note_id):
    found = Note.query.get_or_404(note_id)
    return render_template_string("{{ body }}", body=Markup(found.body))  # expect: stored-markup


@app.get("/notes/<int:note_id>/escaped")
def escaped(note_id):
    found = Note.query.get_or_404(note_id)
    return f"<p>{escape(found.body)}</p>"


@app.get("/notes/<int:note_id>/cleaned")
def cleaned(note_id):
    found = Note.query.get_or_404(note_id)
    return render_template_string("{{ body }}", body=Markup(bleach.clean(found.body)))


@app.get("/notes/<int:note_id>/colour")
def colour(note_id):
    found = Note.query.get_or_404(note_id)
    return f"<p>{found.colour}</p>"


@app.get("/notes/<int:note_id>/plain")
def plain(note_id):
    found = Note.query.get_or_404(note_id)
    return Response(f"<{found.body}>", mimetype="text/plain")


@app.get("/notes/<int:note_id>/data")
def data(note_id):
    return jsonify(body=Note.query.get_or_404(note_id).body)


@api.post("/letters")
def send(letter: Letter):
    letters.insert_one({**letter.model_dump(), "seen": False})


@api.get("/letters/{letter_id}", response_class=HTMLResponse)
def letter(letter_id: str):
    found = letters.find_one({"_id": letter_id})
    return "<div>" + found["text"] + "</div>"  # expect: stored-markup


@api.get("/letters/{letter_id}/seen", response_class=HTMLResponse)
def seen(letter_id: str):
    found = letters.find_one({"_id": letter_id})
    return "<div>" + str(found["seen"]) + "</div>"


def note_of(note_id):
    found = Note.query.get_or_404(note_id)
    return found


@app.get("/notes/<int:note_id>/marked")
def marked(note_id):
    note = note_of(note_id)
    return Markup("<div>%s</div>" % note.body)  # expect: stored-markup


@app.get("/notes/<int:note_id>/put-in")
def put_in(note_id):
    note = note_of(note_id)
    return Markup("<div>%s</div>") % note.body


@app.get("/notes/<int:note_id>/escaped")
def put_in_escaped(note_id):
    note = note_of(note_id)
    return Markup("<div>%s</div>" % escape(note.body))
