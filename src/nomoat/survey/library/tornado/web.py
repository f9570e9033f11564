"""Tornado: classes that answer, one object for each request; what they answer is said by methods of their own."""

from functools import wraps

from __framework__ import answered, answers_by, application, finish, go_on, left, redirect, status, stay


class RequestHandler:
    SUPPORTED_METHODS = ("GET", "HEAD", "POST", "DELETE", "PATCH", "PUT", "OPTIONS")

    def __init__(self, application, request, **kwargs):
        self.application = application
        self.request = request
        self.initialize(**kwargs)

    @classmethod
    def answering(cls, name, **kwargs):
        async def execute(request, *groups, **path):
            handler = cls(application, request, **kwargs)
            await handler._execute([], *groups, **path)
            return left()

        execute.view_class = cls
        return execute

    async def _execute(self, transforms, *groups, **path):
        self.path_args = groups
        self.path_kwargs = path
        await self.prepare()
        if answered():
            stay()
            return None
        go_on()
        await self.answers(*groups, **path)

    def answers(self, *groups, **path):
        # Another one may have been put in its place, for this request: `setattr(self, "get", ...)`.
        return answers_by(self, getattr(self, self.request.method.lower()))(*groups, **path)

    def initialize(self, **kwargs):
        return None

    def prepare(self):
        return None

    @property
    def _finished(self):
        return answered()

    @property
    def settings(self):
        return self.application.settings

    @property
    def current_user(self):
        return self.get_current_user()

    def get_current_user(self):
        return self.request.authorization

    def get_login_url(self):
        return self.settings["login_url"]

    def get_cookie(self, name, default=None):
        return self.request.cookies.get(name, default)

    def get_signed_cookie(self, name, value=None, max_age_days=31, min_version=None):
        return self.request.cookies.get(name)

    def get_secure_cookie(self, name, value=None, max_age_days=31, min_version=None):
        return self.request.cookies.get(name)

    def get_argument(self, name, default=REQUIRED, strip=True):
        if self.request.method in ("POST", "PUT", "PATCH") and name not in KEYS:
            return self.request.body_arguments
        return read_argument(self, name, default)

    def get_query_argument(self, name, default=REQUIRED, strip=True):
        return read_argument(self, name, default)

    def get_body_argument(self, name, default=REQUIRED, strip=True):
        return self.request.body_arguments

    def set_status(self, status_code, reason=None):
        status(status_code)

    def send_error(self, status_code=500, **kwargs):
        finish(status_code)

    def finish(self, chunk=None):
        finish()

    def render(self, template_name, **kwargs):
        finish()

    def redirect(self, url, permanent=False, status=None):
        redirect(url)

    def check_xsrf_cookie(self):
        return None


REQUIRED = object()
# What nobody types into a form to sign in: a credential, wherever it stands.
KEYS = ("token", "access_token", "api_key", "apikey")


def read_argument(handler, name, default):
    if default is REQUIRED:
        return handler.request.query_params[name]
    return handler.request.query_params.get(name, default)


class StaticFileHandler(RequestHandler):
    def initialize(self, path, default_filename=None):
        self.root = path

    async def get(self, path, include_body=True):
        self.path = self.parse_url_path(path)
        self.absolute_path = self.validate_absolute_path(self.root, self.get_absolute_path(self.root, self.path))
        if self.absolute_path is not None:
            self.set_extra_headers(self.path)

    def parse_url_path(self, url_path):
        return url_path

    @classmethod
    def get_absolute_path(cls, root, path):
        return path

    def validate_absolute_path(self, root, absolute_path):
        return absolute_path

    def set_extra_headers(self, path):
        return None

    def head(self, path):
        return self.get(path, include_body=False)


class RedirectHandler(RequestHandler):
    def initialize(self, url, permanent=True):
        self.url = url

    def get(self, *args, **kwargs):
        self.redirect(self.url)


class ErrorHandler(RequestHandler):
    def initialize(self, status_code):
        self.status_code = status_code

    def prepare(self):
        self.send_error(self.status_code)


class FallbackHandler(RequestHandler):
    def initialize(self, fallback):
        self.fallback = fallback

    def prepare(self):
        self.fallback(self.request)


def authenticated(method):
    @wraps(method)
    def wrapper(self, *args, **kwargs):
        if not self.current_user:
            if self.request.method in ("GET", "HEAD"):
                # It sends to the page that signs in, which is a refusal.
                self.get_login_url()
                self.send_error(401)
                return None
            self.send_error(403)
            return None
        return method(self, *args, **kwargs)

    return wrapper
