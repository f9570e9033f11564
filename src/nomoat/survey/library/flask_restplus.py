"""Flask-RESTPlus: what Flask-RESTX was called before."""

from flask_restx import Api, Namespace, Resource, abort
