"""What a package declares as its plugins, by the name of their group."""

from pkg_resources import iter_entry_points


class EntryPoints:
    def select(self, group=None, name=None):
        return iter_entry_points(group, name)

    def get(self, group, default=None):
        return iter_entry_points(group)

    def __getitem__(self, group):
        return iter_entry_points(group)


def entry_points(group=None, name=None):
    return EntryPoints() if group is None else iter_entry_points(group, name)
