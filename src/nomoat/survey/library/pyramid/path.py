"""Pyramid: what dotted texts mean."""


class DottedNameResolver:
    def __init__(self, package=None):
        self.package = package or caller_package()

    def resolve(self, dotted):
        return resolved(dotted, self.package)

    def maybe_resolve(self, dotted):
        return resolved(dotted, self.package)
