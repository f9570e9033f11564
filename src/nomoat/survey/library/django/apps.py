"""Django: the applications of a project. Each is made ready when it is asked for first."""

from nomoat.survey import installed_apps


class AppConfig:
    name = None
    label = None
    default = True
    is_ready = False

    def __init__(self, app_name, app_module):
        self.name = app_name
        self.module = app_module
        if self.label is None:
            self.label = app_name.rpartition(".")[2]

    def ready(self):
        pass

    def get_models(self, *args, **kwargs):
        return []


class Apps:
    def __init__(self):
        self.made = []

    def get_app_configs(self):
        if not self.made:
            for cls, name, module in installed_apps():
                made = AppConfig(name, module) if cls is None else cls(name, module)
                self.made.append(made)
        return self.made

    def get_app_config(self, app_label):
        for one in self.get_app_configs():
            if one.label == app_label:
                if not one.is_ready:
                    one.is_ready = True
                    one.ready()
                return one
        raise LookupError(app_label)


apps = Apps()
