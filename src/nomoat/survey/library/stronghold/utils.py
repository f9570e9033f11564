"""django-stronghold: what says of a view that it is public."""


def is_view_func_public(func):
    return getattr(func, "STRONGHOLD_IS_PUBLIC", False)


def set_view_func_public(func):
    func.STRONGHOLD_IS_PUBLIC = True
