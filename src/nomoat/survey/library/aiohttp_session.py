"""aiohttp-session: what a request carries from one to the next."""


async def get_session(request):
    return request.session


async def new_session(request):
    return request.session
