"""aiohttp: classes that answer, one object for each request."""


class View:
    def __init__(self, request):
        self.request = request

    @classmethod
    def answering(cls, name):
        async def view(request):
            return await cls(request).__await__()

        view.view_class = cls
        return view

    def __await__(self):
        return self._iter()

    async def _iter(self):
        return await getattr(self, self.request.method.lower())()
