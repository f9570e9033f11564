"""Flask-WTF: leaves handlers that it exempts as they are."""


class CSRFProtect:
    def init_app(self, app, *args, **kwargs):
        return None

    def exempt(self, view):
        return view


class CsrfProtect(CSRFProtect):
    pass
