"""The classic Notebook: paths that are put together."""

from jupyter_server.utils import url_path_join
