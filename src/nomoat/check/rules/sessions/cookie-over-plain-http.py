import os
import secrets

from fastapi import FastAPI, Response
from flask import Flask, make_response
from starlette.middleware.sessions import SessionMiddleware

app = Flask(__name__)
app.config["SESSION_COOKIE_SECURE"] = False  # expect: cookie-over-plain-http
app.config.update(REMEMBER_COOKIE_SECURE=False)  # expect: cookie-over-plain-http
api = FastAPI()
api.add_middleware(SessionMiddleware, secret_key=os.environ["KEY"], https_only=False)  # expect: cookie-over-plain-http


def bad(token):
    response = make_response()
    response.set_cookie("session", token)  # expect: cookie-over-plain-http
    response.set_cookie(key="access_token", value=token, httponly=True)  # expect: cookie-over-plain-http
    response.set_cookie("auth", token, secure=False)  # expect: cookie-over-plain-http
    return response


def bad_too(response: Response, token):
    response.set_cookie("session_id", token, max_age=3600, httponly=True)  # expect: cookie-over-plain-http


other = Flask(__name__)
other.config["SESSION_COOKIE_SECURE"] = True
other.config.update(REMEMBER_COOKIE_SECURE=os.environ.get("INSECURE") != "1")
safe_api = FastAPI()
safe_api.add_middleware(SessionMiddleware, secret_key=os.environ["KEY"], https_only=True)


def safe(response: Response, token, options, request):
    response.set_cookie("session", token, secure=True, httponly=True)
    response.set_cookie("theme", "dark")
    response.set_cookie("session", token, **options)
    response.set_cookie("access_token", token, secure=request.is_secure, httponly=True)


def signed_out(response: Response):
    response.set_cookie("session", "", expires=0)
    response.set_cookie("session_id", "gone", max_age=0)
    response.set_cookie("auth", value="")


def whatever_it_is_called(response, user):
    response.set_cookie("device", secrets.token_hex(16), httponly=True)  # expect: cookie-over-plain-http
    response.set_cookie("trusted", create_device_token(user), httponly=True)  # expect: cookie-over-plain-http
    response.set_cookie("device", secrets.token_hex(16), secure=True, httponly=True)
    response.set_cookie("xsrf", secrets.token_hex(16), httponly=True)
    response.set_cookie("theme", chosen_theme(user), httponly=True)
