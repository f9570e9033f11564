"""Flask-JWT-Extended: where its decorators are defined."""

from flask_jwt_extended import jwt_required, verify_jwt_in_request
