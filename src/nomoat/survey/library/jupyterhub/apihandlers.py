"""JupyterHub: what the package of its API offers."""

from jupyterhub.apihandlers.base import APIHandler
