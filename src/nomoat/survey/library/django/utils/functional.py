"""Django: an object that is made when somebody looks at it."""


def SimpleLazyObject(func):
    return func()
