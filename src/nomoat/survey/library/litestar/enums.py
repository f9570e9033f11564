"""Litestar: kinds of what an application is called for."""

from enum import Enum


class ScopeType(str, Enum):
    HTTP = "http"
    WEBSOCKET = "websocket"
    ASGI = "asgi"
