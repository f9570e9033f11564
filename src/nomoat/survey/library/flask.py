"""Flask: what its functions do to a caller."""

from werkzeug.exceptions import HTTPException


def abort(code, *args, **kwargs):
    raise HTTPException(code=code)
