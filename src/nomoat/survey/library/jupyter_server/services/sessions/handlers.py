"""Jupyter Server: sessions, for servers of others that have some of these classes or all of them."""

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado.web import authenticated

_session_id_regex = r"(?P<session_id>\w+-\w+-\w+-\w+-\w+)"


class SessionsAPIHandler(APIHandler):
    pass


class SessionRootHandler(SessionsAPIHandler):
    @authenticated
    @authorized
    async def get(self):
        self.finish("[]")

    @authenticated
    @authorized
    async def post(self):
        self.finish("{}")


class SessionHandler(SessionsAPIHandler):
    @authenticated
    @authorized
    async def get(self, session_id):
        self.finish("{}")

    @authenticated
    @authorized
    async def patch(self, session_id):
        self.finish("{}")

    @authenticated
    @authorized
    async def delete(self, session_id):
        self.finish()


default_handlers = [
    (r"/api/sessions/%s" % _session_id_regex, SessionHandler),
    (r"/api/sessions", SessionRootHandler),
]
