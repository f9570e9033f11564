"""Jupyter Server: kernels, for servers of others that have some of these classes or all of them."""

from jupyter_server.auth.decorator import authorized, ws_authenticated
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado.web import authenticated
from tornado.websocket import WebSocketHandler

_kernel_id_regex = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"
_kernel_action_regex = r"(?P<action>restart|interrupt)"


class KernelsAPIHandler(APIHandler):
    pass


class MainKernelHandler(KernelsAPIHandler):
    @authenticated
    @authorized
    async def get(self):
        self.finish("[]")

    @authenticated
    @authorized
    async def post(self):
        self.finish("{}")


class KernelHandler(KernelsAPIHandler):
    @authenticated
    @authorized
    async def get(self, kernel_id):
        self.finish("{}")

    @authenticated
    @authorized
    async def delete(self, kernel_id):
        self.finish()


class KernelActionHandler(KernelsAPIHandler):
    @authenticated
    @authorized
    async def post(self, kernel_id, action):
        self.finish("{}")


class KernelWebsocketHandler(WebSocketHandler, JupyterHandler):
    async def pre_get(self):
        return None

    @ws_authenticated
    async def get(self, kernel_id):
        self.kernel_id = kernel_id
        await self.pre_get()
        await super().get(kernel_id=kernel_id)


class ZMQChannelsHandler(KernelWebsocketHandler):
    pass


default_handlers = [
    (r"/api/kernels", MainKernelHandler),
    (r"/api/kernels/%s" % _kernel_id_regex, KernelHandler),
    (r"/api/kernels/%s/%s" % (_kernel_id_regex, _kernel_action_regex), KernelActionHandler),
    (r"/api/kernels/%s/channels" % _kernel_id_regex, ZMQChannelsHandler),
]
