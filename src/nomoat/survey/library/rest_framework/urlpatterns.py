"""Django REST framework: paths with a suffix for the format."""


def format_suffix_patterns(urlpatterns, suffix_required=False, allowed=None):
    return urlpatterns
