"""Jupyter Server: kinds of kernels, for servers of others that have some of these classes or all of them."""

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado.web import authenticated

kernel_name_regex = r"(?P<kernel_name>[\w\.\-%]+)"


class KernelSpecsAPIHandler(APIHandler):
    pass


class MainKernelSpecHandler(KernelSpecsAPIHandler):
    @authenticated
    @authorized
    async def get(self):
        self.finish("{}")


class KernelSpecHandler(KernelSpecsAPIHandler):
    @authenticated
    @authorized
    async def get(self, kernel_name):
        self.finish("{}")


default_handlers = [
    (r"/api/kernelspecs", MainKernelSpecHandler),
    (r"/api/kernelspecs/%s" % kernel_name_regex, KernelSpecHandler),
]
