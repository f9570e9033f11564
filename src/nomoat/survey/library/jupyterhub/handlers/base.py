"""JupyterHub: the classes that its own pages are made of. Who calls is asked by what stands around their methods."""

from tornado.web import HTTPError, RequestHandler, StaticFileHandler, authenticated


class BaseHandler(RequestHandler):
    async def prepare(self):
        return None

    @property
    def current_user(self):
        return self.request.authorization

    async def get_current_user(self):
        return self.request.authorization

    def get_current_user_token(self):
        return self.request.authorization

    def get_token(self):
        return self.request.authorization

    def get_login_url(self):
        return "/hub/login"

    async def render_template(self, name, **namespace):
        return "a page"


class Template404(BaseHandler):
    async def prepare(self):
        raise HTTPError(404)


class PrefixRedirectHandler(BaseHandler):
    def get(self):
        self.redirect("/hub/")


class UserUrlHandler(BaseHandler):
    @authenticated
    async def get(self, user_name, user_path):
        self.redirect("/user/")


class AddSlashHandler(BaseHandler):
    def get(self):
        self.redirect("/hub/")


class CacheControlStaticFilesHandler(StaticFileHandler):
    pass
