"""Flask-RESTX: as Flask-RESTful."""

from flask_restful import Resource, abort
