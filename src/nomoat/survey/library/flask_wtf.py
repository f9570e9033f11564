"""Flask-WTF: leaves handlers that it exempts as they are."""


class CSRFProtect:
    def exempt(self, view):
        return view


class CsrfProtect(CSRFProtect):
    pass
