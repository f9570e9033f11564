"""Flask-RESTX: where its resources are defined."""

from flask_restx import Resource
