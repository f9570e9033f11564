"""Litestar: folders of files, served by a router of their own."""

from litestar import Router, get
from litestar.response import File


def create_static_files_router(
    path,
    directories=None,
    *args,
    guards=None,
    middleware=None,
    before_request=None,
    opt=None,
    exception_handlers=None,
    **kwargs,
):
    @get("/{file_path:path}")
    async def static(file_path):
        return File(file_path)

    return Router(
        path,
        route_handlers=[static],
        guards=guards,
        middleware=middleware,
        before_request=before_request,
        opt=opt,
        exception_handlers=exception_handlers,
    )
