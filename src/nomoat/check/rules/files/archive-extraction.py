import tarfile
import zipfile

from flask import Flask, jsonify, request

app = Flask(__name__)


@app.post("/a")
def unpacked():
    with tarfile.open(fileobj=request.files["archive"].stream) as archive:
        archive.extractall("/srv/files")  # expect: archive-extraction
    return jsonify(done=True)


@app.post("/b")
def filtered():
    with tarfile.open(fileobj=request.files["archive"].stream) as archive:
        archive.extractall("/srv/files", filter="data")
    return jsonify(done=True)


@app.post("/c")
def of_zip():
    with zipfile.ZipFile(request.files["archive"].stream) as archive:
        archive.namelist()
    return jsonify(done=True)


@app.post("/d")
def of_ours():
    with tarfile.open("/srv/ours.tar") as archive:
        archive.extractall("/srv/files")
    return jsonify(asked=request.form["name"])
