"""aiohttp: classes that answer, one object for each request."""


class View:
    def __init__(self, request):
        self.request = request

    @classmethod
    def answering(cls, name):
        async def view(request):
            me = cls(request)
            return await getattr(me, request.method.lower())()

        view.view_class = cls
        return view
