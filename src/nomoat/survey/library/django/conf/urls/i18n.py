"""Django: paths that begin with a language, and the one that chooses it.

Of several languages, the paths of the project's own are shown.
"""

from django.conf import settings
from django.urls import include, path
from django.views.i18n import set_language
from nomoat.survey import is_text

_TOLD = getattr(settings, "LANGUAGE_CODE", "en-us")
_LANGUAGE = _TOLD if is_text(_TOLD) else "en-us"


def i18n_patterns(*urls, prefix_default_language=True):
    return [path(f"{_LANGUAGE}/", include(list(urls)))] if prefix_default_language else list(urls)


urlpatterns = [path("setlang/", set_language)]
