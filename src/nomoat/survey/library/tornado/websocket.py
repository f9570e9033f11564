"""Tornado: connections that stay open."""

from __framework__ import finish
from tornado.web import RequestHandler


class WebSocketHandler(RequestHandler):
    def answers(self, *path):
        return self.get(*path)

    async def get(self, *args, **kwargs):
        await self.open(*args, **kwargs)

    def open(self, *args, **kwargs):
        return None

    def on_message(self, message):
        return None

    def close(self, code=None, reason=None):
        finish(403)
