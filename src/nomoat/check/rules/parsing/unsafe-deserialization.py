import base64
import json
import pickle

import jsonpickle
import yaml
from flask import Flask, jsonify, request

app = Flask(__name__)


@app.post("/a")
def of_body():
    return jsonify(pickle.loads(request.get_data()))  # expect: unsafe-deserialization


@app.get("/b")
def of_cookie():
    cart = pickle.loads(base64.b64decode(request.cookies["cart"]))  # expect: unsafe-deserialization
    return jsonify(cart)


@app.post("/c")
def of_yaml():
    return jsonify(yaml.load(request.data, Loader=yaml.Loader))  # expect: unsafe-deserialization


@app.post("/d")
def of_yaml_without_loader():
    return jsonify(yaml.load(request.form["text"]))  # expect: unsafe-deserialization


@app.post("/e")
def of_jsonpickle():
    return jsonify(jsonpickle.decode(request.form["thing"]))  # expect: unsafe-deserialization


@app.post("/f")
def of_upload():
    return jsonify(pickle.load(request.files["model"]))  # expect: unsafe-deserialization


@app.post("/g")
def safe_yaml():
    return jsonify(yaml.safe_load(request.data))


@app.post("/h")
def safe_loader():
    return jsonify(yaml.load(request.data, Loader=yaml.SafeLoader))


@app.post("/i")
def as_json():
    return jsonify(json.loads(request.data))


@app.post("/j")
def of_ours():
    with open("/srv/model.pickle", "rb") as file:
        return jsonify(pickle.load(file).predict(request.form["text"]))


@app.post("/k")
def dumped():
    return jsonify(size=len(pickle.dumps(request.get_json())))


@app.post("/yaml/full")
def full_yaml():
    return jsonify(yaml.load(request.data, Loader=yaml.FullLoader))
