"""Werkzeug: exceptions with a status."""


def abort(status, *args, **kwargs):
    raise HTTPException(code=status)
