"""decorator: a function that is called in the place of another one, which it is given first."""

from functools import wraps


def decorate(func, caller, extras=(), kwsyntax=False):
    @wraps(func)
    def fun(*args, **kw):
        return caller(func, *extras, *args, **kw)

    return fun


def decorator(caller, _func=None, kwsyntax=False):
    if _func is not None:
        return decorate(_func, caller)

    def dec(func):
        return decorate(func, caller)

    return dec
