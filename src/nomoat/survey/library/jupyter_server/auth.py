"""Jupyter Server: what its part for authorization offers."""

from jupyter_server.auth.decorator import allow_unauthenticated, authorized, ws_authenticated
