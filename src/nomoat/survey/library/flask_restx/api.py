"""Flask-RESTX: where its interfaces are defined."""

from flask_restx import Api
