import os

import connexion
from fastapi import FastAPI
from flask import Flask
from starlette.applications import Starlette
from werkzeug.debug import DebuggedApplication
from werkzeug.serving import run_simple

app = Flask(__name__)
app.debug = True  # expect: debug-mode
app.config["DEBUG"] = True  # expect: debug-mode
app.config.update(TESTING=False, DEBUG=True)  # expect: debug-mode
api = FastAPI(debug=True)  # expect: debug-mode
served = Starlette(debug=os.environ.get("DEBUG", "1") == "1")  # expect: debug-mode
application = DebuggedApplication(app, evalex=True)  # expect: debug-mode


class ProductionConfig:
    DEBUG = True  # expect: debug-mode


quiet = Flask(__name__)
quiet.debug = False
quiet.config["DEBUG"] = os.environ.get("APP_DEBUG") == "1"
quiet.config.update(DEBUG=bool(int(os.environ.get("APP_DEBUG", "0"))))
other = FastAPI(debug=os.getenv("DEBUG", "false").lower() == "true")
plain = Starlette(debug=False)
wrapped = DebuggedApplication(app, evalex=False)


class Config:
    DEBUG = False


class Printer:
    DEBUG = True

    def run(self, debug):
        return debug


def serve(debug):
    quiet.run(debug=debug)
    quiet.run(debug=os.environ["APP_DEBUG"] == "1")
    Printer().run(debug=True)
    run_simple("127.0.0.1", 5000, app, use_reloader=True)


def built():
    return connexion.FlaskApp(__name__)


if __name__ == "__main__":
    run_simple("127.0.0.1", 5000, app, use_debugger=True)  # expect: debug-mode
    app.run(host="0.0.0.0", debug=True)  # expect: debug-mode
    built().run(port=8080, debug=True)  # expect: debug-mode
    built().run(port=8080, debug=False)
