"""Setuptools: what a package declares as its plugins, by the name of their group."""

from nomoat.survey import declared_plugins


class EntryPoint:
    def __init__(self, group, name, value, loaded):
        self.group = group
        self.name = name
        self.value = value
        self.module_name = value.partition(":")[0]
        self.module = value.partition(":")[0]
        self.attr = value.partition(":")[2]
        self.loaded = loaded

    def load(self, *args, **kwargs):
        return self.loaded

    def resolve(self):
        return self.loaded


def iter_entry_points(group, name=None):
    found = [EntryPoint(group, *one) for one in declared_plugins(group)]
    return found if name is None else [one for one in found if one.name == name]


class WorkingSet:
    def iter_entry_points(self, group, name=None):
        return iter_entry_points(group, name)


working_set = WorkingSet()
