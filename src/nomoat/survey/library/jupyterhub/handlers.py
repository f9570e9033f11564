"""JupyterHub: what its handlers' package offers."""

from jupyterhub.handlers.base import AddSlashHandler, BaseHandler, PrefixRedirectHandler, Template404, UserUrlHandler
from jupyterhub.handlers.login import LoginHandler, LogoutHandler
from jupyterhub.handlers.pages import AdminHandler, HomeHandler, RootHandler, SpawnHandler, TokenPageHandler
from jupyterhub.handlers.static import CacheControlStaticFilesHandler, LogoHandler
