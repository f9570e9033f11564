"""prance: parsers of descriptions of APIs, which give them with what they refer to in its place."""


class BaseParser:
    def __init__(self, url=None, spec_string=None, lazy=False, **kwargs):
        self.url = url
        self.specification = url

    def parse(self):
        """What it gives has been there from the start."""


class ResolvingParser(BaseParser):
    pass
