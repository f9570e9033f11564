from fastapi import Response
from flask import Flask

app = Flask(__name__)
app.config["SESSION_COOKIE_SAMESITE"] = "None"  # expect: cookie-sent-by-other-sites


class Config:
    SESSION_COOKIE_SAMESITE = None  # expect: cookie-sent-by-other-sites


class SafeConfig:
    SESSION_COOKIE_SAMESITE = "Lax"


def bad(response: Response, token):
    response.set_cookie("session", token, samesite="none", secure=True, httponly=True)  # expect: cookie-sent-by-other-sites


def safe(response: Response, token):
    response.set_cookie("session", token, samesite="strict", secure=True, httponly=True)
    response.set_cookie("session", token, secure=True, httponly=True)
    response.set_cookie("theme", "dark", samesite="none", secure=True)
