import os
import shutil
from pathlib import Path

from flask import Flask, abort, jsonify, request, send_file, send_from_directory
from werkzeug.utils import secure_filename

app = Flask(__name__)
FOLDER = Path("/srv/files")
NAMES = {"terms": "terms.pdf", "prices": "prices.pdf"}


def read(name):
    with open(os.path.join("/srv/files", name)) as file:  # expect: path-traversal
        return file.read()


@app.get("/a")
def opened():
    return jsonify(text=read(request.args["name"]))


@app.get("/b")
def sent():
    return send_file("/srv/files/" + request.args.get("name"))  # expect: path-traversal


@app.get("/c/<path:name>")
def of_pathlib(name):
    return jsonify(text=(FOLDER / name).read_text())  # expect: path-traversal


@app.post("/d")
def uploaded():
    upload = request.files["file"]
    upload.save(os.path.join("/srv/files", upload.filename))  # expect: path-traversal
    return jsonify(done=True)


@app.post("/e")
def removed():
    os.remove(f"/srv/files/{request.json['name']}")  # expect: path-traversal
    return jsonify(done=True)


@app.post("/f")
def copied():
    shutil.copy("/srv/template", "/srv/files/" + request.form["to"])  # expect: path-traversal
    return jsonify(done=True)


@app.get("/g")
def not_resolved():
    path = FOLDER / request.args["name"]
    if not str(path).startswith(str(FOLDER)):
        abort(404)
    return send_file(path)  # expect: path-traversal


@app.get("/h/<name>")
def part_of_a_path(name):
    return send_file(FOLDER / name)


@app.get("/i")
def from_a_folder():
    return send_from_directory("/srv/files", request.args["name"])


@app.post("/j")
def secured():
    upload = request.files["file"]
    upload.save(FOLDER / secure_filename(upload.filename))
    return jsonify(done=True)


@app.get("/k")
def last_part():
    return send_file(os.path.join("/srv/files", os.path.basename(request.args["name"])))


@app.get("/l")
def resolved():
    path = (FOLDER / request.args["name"]).resolve()
    if not path.is_relative_to(FOLDER):
        abort(404)
    return send_file(path)


@app.get("/m")
def common():
    path = os.path.realpath(os.path.join("/srv/files", request.args["name"]))
    if os.path.commonpath(["/srv/files", path]) != "/srv/files":
        abort(404)
    return send_file(path)


@app.get("/n")
def begins():
    path = os.path.abspath(os.path.join("/srv/files", request.args["name"]))
    if not path.startswith("/srv/files/"):
        abort(404)
    with open(path) as file:
        return jsonify(text=file.read())


@app.get("/o")
def from_a_table():
    return send_file(FOLDER / NAMES[request.args["name"]])


@app.get("/p/<int:number>")
def number(number):
    return send_file(f"/srv/files/{number}.pdf")


@app.get("/q")
def no_dots():
    name = request.args["name"]
    if "/" in name or ".." in name:
        abort(400)
    return send_file(f"/srv/files/{name}")


def inside(path):
    return os.path.realpath(path).startswith("/srv/files/")


@app.get("/r")
def asked():
    path = "/srv/files/" + request.args["name"]
    if not inside(path):
        abort(404)
    return send_file(path)
