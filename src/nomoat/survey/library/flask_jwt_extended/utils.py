"""Flask-JWT-Extended: where what asks who a token belongs to is defined."""

from flask_jwt_extended import get_current_user, get_jwt, get_jwt_identity
