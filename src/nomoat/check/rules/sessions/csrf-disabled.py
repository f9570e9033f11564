import os

import tornado.web
from flask import Flask

ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
MIDDLEWARE = [  # expect: csrf-disabled
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
MIDDLEWARE_CLASSES = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
app = Flask(__name__)
app.config["WTF_CSRF_ENABLED"] = False  # expect: csrf-disabled
app.config.from_mapping(WTF_CSRF_CHECK_DEFAULT=False, SECRET_KEY=os.environ["KEY"])  # expect: csrf-disabled
application = tornado.web.Application([], xsrf_cookies=False)  # expect: csrf-disabled


class Config:
    WTF_CSRF_ENABLED = False  # expect: csrf-disabled


class TestingConfig(Config):
    WTF_CSRF_TIME_LIMIT = None


class ProductionConfig:
    WTF_CSRF_ENABLED = True


other = Flask(__name__)
other.config["WTF_CSRF_ENABLED"] = True
other.config.update(WTF_CSRF_TIME_LIMIT=3600)
safe = tornado.web.Application([], xsrf_cookies=True)
