"""Which module a dotted name means: several roots, packages with and without `__init__`, scripts beside one another.

Works on paths alone, relative to the surveyed folder; nothing is imported, no `sys.path` is asked.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

#: A folder with one of these is where a project starts, so absolute imports may start there.
_MARKERS = frozenset(
    ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "manage.py", "Pipfile", "poetry.lock", "uv.lock")
)
_SOURCE_FOLDERS = frozenset(("src", "lib", "python"))


class Roots:
    """Finds files by dotted name. `paths` are all Python files, `others` further files that may mark a project.

    `package` is the dotted name of the surveyed folder where it is itself inside of a package.
    """

    def __init__(self, paths: Iterable[str], others: Iterable[str] = (), *, package: str = "") -> None:
        self._paths = frozenset(paths)
        self._package = package
        self._folders: set[str] = {""}
        self._tops: dict[str, str] = {}
        packages = {_folder(path) for path in self._paths if _file(path) == "__init__.py"}
        marked = {_folder(path) for path in (*self._paths, *others) if _file(path) in _MARKERS}
        for path in self._paths:
            folder = _folder(path)
            while folder and folder not in self._folders:
                self._folders.add(folder)
                folder = _folder(folder)
        self._packages = packages
        self._projects = marked | {folder for folder in self._folders if _file(folder) in _SOURCE_FOLDERS}
        tops = {self._top(package) for package in packages}
        self._roots = sorted(self._projects | tops | {""}, key=lambda folder: (folder.count("/"), folder))

    def name(self, path: str) -> str:
        """The dotted name by which a file is known; `__init__` is left out."""
        root = self.root(path)
        inner = path[len(root) + 1 :] if root else path
        inner = inner.removesuffix(".pyi").removesuffix(".py")
        parts = inner.split("/")
        if parts[-1] == "__init__" and (len(parts) > 1 or self._package):
            parts.pop()
        if self._package and not root:
            parts.insert(0, self._package)
        return ".".join(parts)

    def root(self, path: str) -> str:
        """The folder from which the file's dotted name is counted."""
        folder = _folder(path)
        if folder in self._packages:
            return self._top(folder)
        while folder and folder not in self._projects:
            folder = _folder(folder)
        return folder

    def _top(self, package: str) -> str:
        # The folder that holds the outermost package around this one.
        known = self._tops.get(package)
        if known is None:
            folder = package
            while folder and folder in self._packages:
                folder = _folder(folder)
            known = self._tops[package] = folder
        return known

    def find(self, dotted: str, importer: str) -> str | None:
        """The file (or the folder of a package without `__init__`) that an absolute import in `importer` means."""
        if self._package and (dotted == self._package or dotted.startswith(f"{self._package}.")):
            return self.at(dotted[len(self._package) + 1 :].replace(".", "/"))
        inner = dotted.replace(".", "/")
        if dotted.partition(".")[0] in sys.stdlib_module_names:
            return None
        for root in self._search(importer):
            found = self.at(f"{root}/{inner}" if root else inner)
            if found is not None:
                return found
        return None

    def _search(self, importer: str) -> list[str]:
        # Python's order is the script's folder, then the path; a file inside a package cannot see its own folder.
        folder = _folder(importer)
        if folder in self._packages:
            folder = self._top(folder)
        found = [folder]
        while folder:
            folder = _folder(folder)
            found.append(folder)
        known = set(found)
        return found + [root for root in self._roots if root not in known]

    def around(self, importer: str) -> list[str]:
        """The folders of packages that a file is in, the nearest first: scripts that run in one see what is in it."""
        folder, found = _folder(importer), []
        while folder and folder in self._packages:
            found.append(folder)
            folder = _folder(folder)
        return found

    def find_relative(self, module: str, level: int, importer: str) -> str | None:
        """The file or folder that a relative import means; None when it leaves the tree or is not there."""
        folder = _folder(importer)
        for _ in range(level - 1):
            if not folder:
                return None
            folder = _folder(folder)
        inner = module.replace(".", "/")
        whole = "/".join(part for part in (folder, inner) if part)
        return self.at(whole)

    def at(self, inner: str) -> str | None:
        """The file that stands for a module path: package, module, stub, or a folder without `__init__`."""
        for candidate in (f"{inner}/__init__.py" if inner else "__init__.py", f"{inner}.py", f"{inner}.pyi"):
            if candidate in self._paths:
                return candidate
        return f"{inner}/" if inner in self._folders else None


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _file(path: str) -> str:
    return path.rpartition("/")[2]
