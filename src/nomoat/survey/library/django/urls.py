"""Django: entries of a list of paths, for classes of a project that are made of them."""


class URLPattern:
    def resolve(self, path):
        return self.match
