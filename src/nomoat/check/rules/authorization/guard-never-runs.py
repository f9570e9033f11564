from functools import wraps

from flask import Flask, abort, jsonify, session

app = Flask(__name__)


def signed_in(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if "user" not in session:
            abort(401)
        return view(*args, **kwargs)

    return inner


def counted(view):
    @wraps(view)
    def inner(*args, **kwargs):
        app.logger.info("called")
        return view(*args, **kwargs)

    return inner


@signed_in
@app.route("/wrong")  # expect: guard-never-runs
def wrong():
    return jsonify(orders=[])


@app.route("/right")
@signed_in
def right():
    return jsonify(orders=[])


# What stands above refuses nobody.
@counted
@app.route("/counted")
@signed_in
def both():
    return jsonify(orders=[])


@signed_in
@app.route("/two")  # expect: guard-never-runs
@app.route("/three")  # expect: guard-never-runs
def two():
    return jsonify(orders=[])
