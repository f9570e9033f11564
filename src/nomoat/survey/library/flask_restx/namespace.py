"""Flask-RESTX: where its namespaces are defined."""

from flask_restx import Namespace
