"""Django: paths that may begin with a language."""


def i18n_patterns(*urls, prefix_default_language=True):
    return list(urls)
