"""Tornado: connections that stay open."""

from __framework__ import application, finish, left
from tornado.web import RequestHandler


class WebSocketHandler(RequestHandler):
    @classmethod
    def answering(cls, name, **kwargs):
        async def execute(request, *groups, **path):
            handler = cls(application, request, **kwargs)
            await handler._execute([], *groups, **path)
            return left()

        async def messages(request, *groups, **path):
            handler = cls(application, request, **kwargs)
            await handler.on_message(request.body)
            return left()

        execute.view_class = messages.view_class = cls
        execute.messages = messages
        return execute

    def answers(self, *groups, **path):
        if self.request.method in ("HEAD", "POST", "PUT", "PATCH", "DELETE"):
            return getattr(self, self.request.method.lower())(*groups, **path)
        return self.get(*groups, **path)

    async def get(self, *args, **kwargs):
        await self.open(*args, **kwargs)

    def open(self, *args, **kwargs):
        return None

    def on_message(self, message):
        return None

    def close(self, code=None, reason=None):
        finish(403)
