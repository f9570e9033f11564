"""aiohttp: classes that answer, one object for each request, and what serves an application."""


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


class AppRunner:
    def __init__(self, app, *, handle_signals=False, access_log_class=None, **kwargs):
        self.app = app

    async def setup(self):
        return None

    async def cleanup(self):
        return None

    async def shutdown(self):
        return None
