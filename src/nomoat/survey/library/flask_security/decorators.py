"""Flask-Security: its decorators, by their own module."""

from flask_security import (
    auth_required,
    auth_token_required,
    http_auth_required,
    permissions_accepted,
    permissions_required,
    roles_accepted,
    roles_required,
)
