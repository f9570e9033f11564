"""flask-apispec: where its resources are defined."""

from flask_apispec import MethodResource
