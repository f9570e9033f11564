"""Jupyter Server: the connection to a kernel."""

from jupyter_server.services.kernels.handlers import KernelWebsocketHandler
