"""Pyramid: decorators that wait for a scan."""

import venusian


class view_config:
    def __init__(self, **settings):
        self.settings = settings

    def __call__(self, wrapped):
        settings = dict(self.settings)

        def callback(context, name, found):
            context.config.with_package(info.module).add_view(view=found, **settings)

        info = venusian.attach(wrapped, callback, "pyramid")
        if info.scope == "class" and "attr" not in settings:
            settings["attr"] = wrapped.__name__
        return wrapped


class view_defaults:
    def __init__(self, **settings):
        self.settings = settings

    def __call__(self, wrapped):
        wrapped.__view_defaults__ = self.settings
        return wrapped


class _page:
    def __init__(self, **settings):
        self.settings = settings

    def __call__(self, wrapped):
        return wrapped


class forbidden_view_config(_page):
    pass


class notfound_view_config(_page):
    pass


class exception_view_config:
    def __init__(self, context=None, **settings):
        self.context = context
        self.settings = settings

    def __call__(self, wrapped):
        settings = dict(self.settings)

        def callback(context, name, found):
            context.config.with_package(info.module).add_exception_view(found, context=self.context, **settings)

        info = venusian.attach(wrapped, callback, "pyramid")
        if info.scope == "class" and "attr" not in settings:
            settings["attr"] = wrapped.__name__
        return wrapped
