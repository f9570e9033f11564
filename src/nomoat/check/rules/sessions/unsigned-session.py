import os

from aiohttp import web
from aiohttp_session import SimpleCookieStorage, setup
from aiohttp_session.cookie_storage import EncryptedCookieStorage


def make():
    app = web.Application()
    setup(app, SimpleCookieStorage())  # expect: unsigned-session
    return app


def make_well():
    app = web.Application()
    setup(app, EncryptedCookieStorage(os.environ["SESSION_KEY"]))
    return app
