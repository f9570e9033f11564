"""What a package declares as its plugins: the package that older Pythons install for it."""

from importlib.metadata import EntryPoints, entry_points
