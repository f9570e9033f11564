from aiohttp_session.cookie_storage import EncryptedCookieStorage
from aiohttp_session import setup
import os
import secrets

from fastapi import Response
from flask import Flask, make_response

app = Flask(__name__)
app.config["SESSION_COOKIE_HTTPONLY"] = False  # expect: cookie-readable-by-scripts


def bad(token):
    response = make_response()
    response.set_cookie("session", token, secure=True)  # expect: cookie-readable-by-scripts
    response.set_cookie(key="access_token", value=token, secure=True, httponly=False)  # expect: cookie-readable-by-scripts
    return response


class Config:
    SESSION_COOKIE_HTTPONLY = False  # expect: cookie-readable-by-scripts
    SESSION_COOKIE_NAME = "sid"


other = Flask(__name__)
other.config["SESSION_COOKIE_HTTPONLY"] = True


class SafeConfig:
    SESSION_COOKIE_HTTPONLY = True


def safe(response: Response, token, options):
    response.set_cookie("session", token, secure=True, httponly=True)
    response.set_cookie("csrf_token", token, secure=True)
    response.set_cookie("language", "de")
    response.set_cookie("session", token, **options)


def of_aiohttp(application, key):
    setup(application, EncryptedCookieStorage(key, httponly=False))  # expect: cookie-readable-by-scripts
    setup(application, EncryptedCookieStorage(key, secure=True))


class Login:
    def post(self):
        self.set_secure_cookie("reader", "7")  # expect: cookie-readable-by-scripts
        self.set_secure_cookie("reader", "7", httponly=True, secure=True)
        self.set_secure_cookie("lang", "en")


def signed_out(response: Response):
    response.set_cookie("session", "", expires=0)
    response.set_cookie("session_id", "gone", max_age=0)
    response.set_cookie("auth", value="")


def whatever_it_is_called(response, user):
    response.set_cookie("device", secrets.token_hex(16), secure=True)  # expect: cookie-readable-by-scripts
    response.set_cookie("trusted", create_device_token(user), secure=True)  # expect: cookie-readable-by-scripts
    response.set_cookie("device", secrets.token_hex(16), secure=True, httponly=True)
    response.set_cookie("xsrf", secrets.token_hex(16), secure=True)
    response.set_cookie("theme", chosen_theme(user), secure=True)
