"""JupyterHub: answers about users, for classes of others that are made of them."""

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.scopes import needs_scope


class SelfAPIHandler(APIHandler):
    @needs_scope("read:users")
    async def get(self):
        self.finish("{}")


class UserListAPIHandler(APIHandler):
    @needs_scope("list:users")
    def get(self):
        self.finish("{}")

    @needs_scope("admin:users")
    async def post(self):
        self.finish("{}")


class UserAPIHandler(APIHandler):
    @needs_scope("read:users")
    async def get(self, user_name):
        self.finish("{}")

    @needs_scope("admin:users")
    async def post(self, user_name):
        self.finish("{}")

    @needs_scope("delete:users")
    async def delete(self, user_name):
        self.finish("{}")

    @needs_scope("admin:users")
    async def patch(self, user_name):
        self.finish("{}")


class UserServerAPIHandler(APIHandler):
    @needs_scope("servers")
    async def post(self, user_name, server_name=""):
        self.finish("{}")

    @needs_scope("delete:servers")
    async def delete(self, user_name, server_name=""):
        self.finish("{}")


class SpawnProgressAPIHandler(APIHandler):
    @needs_scope("read:servers")
    async def get(self, user_name, server_name=""):
        self.finish("{}")
