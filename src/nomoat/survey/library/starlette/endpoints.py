"""Starlette: classes that answer, one object for each request."""


class HTTPEndpoint:
    def __init__(self, scope, receive, send):
        self.scope = scope
        self.receive = receive
        self.send = send

    async def dispatch(self):
        # What answers comes next: the method of the class that is called as the request is.
        await self.following(self.scope, self.receive, self.send)
