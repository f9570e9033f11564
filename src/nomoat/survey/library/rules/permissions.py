"""django-rules: permissions by their names."""

permissions = {}


def add_perm(name, pred):
    permissions[name] = pred


def set_perm(name, pred):
    permissions[name] = pred


def remove_perm(name):
    return None


def perm_exists(name):
    return name in permissions


def has_perm(name, *args, **kwargs):
    return name in permissions and permissions[name].test(*args, **kwargs)
