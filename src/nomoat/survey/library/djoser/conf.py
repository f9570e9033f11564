"""djoser: which permissions each action asks for, as settings have it, and how accounts are named."""

from django.conf import settings as django_settings
from django.utils.module_loading import import_string
from nomoat.survey import as_source_has_it, installed_apps, is_read, is_text

_GIVEN = getattr(django_settings, "DJOSER", {})
_ANYBODY = ["rest_framework.permissions.AllowAny"]
_OWNER = ["djoser.permissions.CurrentUserOrAdmin"]
_PERMISSIONS = {
    "activation": _ANYBODY,
    "password_reset": _ANYBODY,
    "password_reset_confirm": _ANYBODY,
    "set_password": _OWNER,
    "username_reset": _ANYBODY,
    "username_reset_confirm": _ANYBODY,
    "set_username": _OWNER,
    "user_create": _ANYBODY,
    "user_delete": _OWNER,
    "user": _OWNER,
    "user_list": _OWNER,
    "token_create": _ANYBODY,
    "token_destroy": ["rest_framework.permissions.IsAuthenticated"],
}


def permissions_of(name):
    given = _GIVEN.get("PERMISSIONS", {}).get(name, _PERMISSIONS[name])
    return [import_string(one) if is_text(one) else one for one in given]


def user_model():
    named = as_source_has_it(getattr(django_settings, "AUTH_USER_MODEL", "auth.User"))
    if not is_text(named):
        return None
    label, _dot, name = named.rpartition(".")
    for _cls, application, _module in installed_apps():
        if application.rpartition(".")[2] == label:
            return import_string(application + ".models." + name)
    return None


def username_field():
    model = user_model()
    named = getattr(model, "USERNAME_FIELD", "username") if is_read(model) else "username"
    return named if is_text(named) else "username"


def user_id_field():
    named = _GIVEN.get("USER_ID_FIELD", "id")
    return named if is_text(named) else "id"
