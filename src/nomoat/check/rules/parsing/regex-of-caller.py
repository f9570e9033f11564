import re

from flask import Flask, jsonify, request

app = Flask(__name__)
LINES = ["a", "b"]


@app.get("/a")
def searched():
    return jsonify([line for line in LINES if re.search(request.args["pattern"], line)])  # expect: regex-of-caller


@app.get("/b")
def compiled():
    pattern = re.compile(f"^{request.args['word']}.*$")  # expect: regex-of-caller
    return jsonify([line for line in LINES if pattern.match(line)])


@app.get("/c")
def escaped():
    return jsonify([line for line in LINES if re.search(re.escape(request.args["word"]), line)])


@app.get("/d")
def subject():
    return jsonify(found=bool(re.search(r"\d+", request.args["word"])))


@app.get("/e")
def contained():
    return jsonify([line for line in LINES if request.args["word"] in line])


@app.get("/f")
def number():
    return jsonify(found=bool(re.search(rf"^\d{{{int(request.args['digits'])}}}$", "2026")))
