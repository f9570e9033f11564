import os
import secrets

from flask import Flask, request, url_for

app = Flask(__name__)
ADDRESS = os.environ["ADDRESS"]


def mail(address, text):
    print(len(address), len(text))


@app.post("/forgot")
def forgot():
    token = secrets.token_urlsafe()
    mail(request.form["email"], "http://%s/reset?token=%s" % (request.headers["Host"], token))  # expect: link-of-host-header
    return "", 204


@app.post("/invite")
def invite():
    code = secrets.token_urlsafe()
    host = request.headers.get("X-Forwarded-Host")
    mail(request.form["email"], f"https://{host}/invite/{code}")  # expect: link-of-host-header
    return "", 204


@app.post("/forgot/well")
def forgot_well():
    token = secrets.token_urlsafe()
    mail(request.form["email"], f"{ADDRESS}/reset?token={token}")
    return "", 204


@app.post("/invite/well")
def invite_well():
    code = secrets.token_urlsafe()
    mail(request.form["email"], url_for("accept", code=code, _external=True))
    return "", 204


@app.get("/where")
def where():
    return f"you asked {request.headers['Host']}"
