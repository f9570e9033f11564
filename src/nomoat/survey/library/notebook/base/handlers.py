"""The classic Notebook: classes that answer, as Jupyter Server has them."""

from jupyter_server.base.handlers import (
    APIHandler,
    AuthenticatedFileHandler,
    AuthenticatedHandler,
    FileFindHandler,
    JupyterHandler,
    Template404,
    path_regex,
)


class IPythonHandler(JupyterHandler):
    pass
