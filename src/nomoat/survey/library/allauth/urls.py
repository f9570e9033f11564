"""django-allauth: the paths of those of its parts that are installed."""

from allauth.socialaccount import views
from django.conf import settings
from django.urls import include, path

_INSTALLED = getattr(settings, "INSTALLED_APPS", [])
_IS_HEADLESS = getattr(settings, "HEADLESS_ONLY", False)

urlpatterns = []
if not _IS_HEADLESS:
    urlpatterns += [path("", include("allauth.account.urls"))]
if "allauth.socialaccount" in _INSTALLED and not _IS_HEADLESS:
    urlpatterns += [path("3rdparty/", include("allauth.socialaccount.urls"))]
if "allauth.usersessions" in _INSTALLED and not _IS_HEADLESS:
    urlpatterns += [path("sessions/", include("allauth.usersessions.urls"))]
for _name in _INSTALLED:
    if _name.startswith("allauth.socialaccount.providers."):
        _slug = _name.rpartition(".")[2]
        urlpatterns += [
            path(_slug + "/login/", views.provider_login),
            path(_slug + "/login/callback/", views.provider_callback),
        ]
