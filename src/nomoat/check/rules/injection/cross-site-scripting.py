import json

from flask import Flask, Response, jsonify, make_response, render_template, request
from markupsafe import Markup, escape

app = Flask(__name__)
NAMES = {"a": "Anna", "b": "Bert"}


@app.get("/a")
def by_fstring():
    return f"<h1>Hello {request.args['name']}</h1>"  # expect: cross-site-scripting


@app.get("/b/<name>")
def plain(name):
    return "Hello " + name  # expect: cross-site-scripting


@app.get("/c")
def with_status():
    return "<p>No page %s</p>" % request.args.get("page"), 404  # expect: cross-site-scripting


@app.get("/d")
def made():
    response = make_response("<p>" + request.args["q"] + "</p>")  # expect: cross-site-scripting
    response.headers["X-Frame-Options"] = "DENY"
    return response


@app.get("/e")
def marked():
    return render_template("a.html", name=Markup(f"<b>{request.args['name']}</b>"))  # expect: cross-site-scripting


def card(title, text):
    return "<div><h2>{}</h2>{}</div>".format(title, text)


@app.get("/f")
def by_helper():
    return card("Found", request.args["q"])  # expect: cross-site-scripting


@app.get("/g")
def escaped():
    return f"<h1>Hello {escape(request.args['name'])}</h1>"


@app.get("/h")
def as_json():
    return {"name": request.args["name"]}


@app.get("/i")
def as_json_too():
    return jsonify(name=request.args["name"])


@app.get("/j")
def by_template():
    return render_template("hello.html", name=request.args["name"])


@app.get("/k")
def as_text():
    return Response(request.args["name"], mimetype="text/plain")


@app.get("/l/<int:number>")
def number(number):
    return f"<h1>Order {number}, page {int(request.args['page'])}</h1>"


@app.get("/m")
def from_a_table():
    return f"<h1>{NAMES.get(request.args['name'], 'nobody')}</h1>"


@app.get("/n")
def put_in():
    return Markup("<b>{}</b>").format(request.args["name"])


@app.get("/o")
def counted():
    return f"<p>{len(request.args['q'])} characters</p>"

@app.get("/p")
def as_json_by_a_call():
    return dict(name=request.args["name"], page=1)


class Table(Response):
    default_mimetype = "text/csv"


class Page(Response):
    charset = "utf-8"


@app.get("/q")
def as_a_table():
    return Table(request.args["name"])


@app.get("/r")
def as_a_table_or_json():
    return table_or_json(request.args["name"], request.args["form"])


def table_or_json(name, form):
    if form == "csv":
        return Table(name, headers={"X-Name": "names"})
    response = make_response(json.dumps({"name": name}))
    response.headers["Content-Type"] = "application/json"
    return response


@app.get("/s")
def as_a_page():
    return Page("<b>" + request.args["name"])  # expect: cross-site-scripting


class Note:
    def __init__(self, text):
        self.text = text


@app.get("/t")
def of_an_object():
    note = Note(request.args["text"])
    return f"<p>{note.text}</p>"  # expect: cross-site-scripting
