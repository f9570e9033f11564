"""Flask-RESTX: as Flask-RESTful; what its objects refuse with."""

from flask import abort as aborted
from flask_restful import Resource


def abort(code=500, message=None, **kwargs):
    aborted(code)


class Api:
    def abort(self, code=500, message=None, **kwargs):
        aborted(code)


class Namespace:
    def abort(self, code=500, message=None, **kwargs):
        aborted(code)
