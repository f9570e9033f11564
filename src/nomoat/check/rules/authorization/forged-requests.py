import sqlite3

from flask import Flask, abort, jsonify, request, session

app = Flask(__name__)


@app.post("/transfer")  # expect: forged-requests
def transfer():
    if "user" not in session:
        abort(401)
    database = sqlite3.connect("bank.db")
    database.execute("INSERT INTO transfers (owner, amount) VALUES (?, ?)", (session["user"], request.form["amount"]))
    return "", 204


# Another site's page cannot send this without being asked first.
@app.post("/api/transfer")
def by_script():
    if "user" not in session:
        abort(401)
    return jsonify(request.get_json())


@app.get("/transfers")
def transfers():
    if "user" not in session:
        abort(401)
    return jsonify([])
