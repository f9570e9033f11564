import os
import subprocess

from flask import Flask, abort, current_app, jsonify, session

app = Flask(__name__)


@app.get("/env")  # expect: debug-exposed
def env():
    return jsonify(dict(os.environ))


@app.get("/about/settings")  # expect: debug-exposed
def settings():
    return jsonify({key: str(value) for key, value in current_app.config.items()})


@app.get("/about/system")  # expect: debug-exposed
def system():
    return {"home": os.getcwd(), "environment": {**os.environ}}


@app.post("/debug/queue")  # expect: debug-exposed
def queue():
    return jsonify(app.extensions["queue"])


# One value that is meant to be seen.
@app.get("/version")
def version():
    return jsonify(version=os.environ["VERSION"], name=current_app.config["NAME"])


# Of one of many, not of the service.
@app.get("/workers/<int:number>/env")
def environment_of_worker(number):
    return jsonify(app.extensions["workers"][number].environment)


@app.get("/disk")
def disk():
    subprocess.run(["df"], env=dict(os.environ, LANG="C"), check=True)
    return jsonify(has_path="PATH" in os.environ, home=os.environ.get("HOME"))


@app.get("/debug/locks")
def locks():
    if "admin" not in session:
        abort(401)
    return jsonify(app.extensions["locks"])


@app.get("/environment")  # expect: debug-exposed
def environment():
    if "user" not in session:
        abort(401)
    return jsonify(dict(os.environ))


@app.get("/admin/environment")
def environment_of_administrators():
    if session.get("role") != "admin":
        abort(403)
    return jsonify(dict(os.environ))


@app.get("/home")
def home():
    if "user" not in session:
        abort(401)
    return jsonify(home=os.environ["HOME"])
