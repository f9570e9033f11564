"""What the model of aiohttp says, route by route: each mark is what the map must show."""

import aiohttp_cors
from aiohttp import hdrs, web
from aiohttp_security import check_authorized, check_permission
from aiohttp_session import get_session

routes = web.RouteTableDef()
TOKENS = {"t0ken": "ana"}


# map: GET / open
# map: HEAD / open
@routes.get("/")
async def home(request):
    return web.json_response({})


# map: GET /orders/{number} signed-in
# map: POST /orders/{number} open
@routes.view(r"/orders/{number:\d+}")
class Order(web.View):
    async def get(self):
        if not self.request.headers.get(hdrs.AUTHORIZATION):
            raise web.HTTPUnauthorized()
        return web.json_response({})

    async def post(self):
        return web.json_response({"number": self.request.match_info["number"]})


# map: POST /reports needs reports:read
@routes.post("/reports")
async def reports(request):
    await check_permission(request, "reports:read")
    return web.Response()


# map: GET /profile signed-in
# map: HEAD /profile signed-in
@routes.get("/profile")
async def profile(request):
    session = await get_session(request)
    if "user" not in session:
        return web.HTTPFound("/login")
    return web.Response()


# map: ANY /any signed-in
async def anything(request):
    await check_authorized(request)
    return web.Response()


# map: GET /feed open
# map: HEAD /feed open
async def feed(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    return socket


# map: GET /api/login open
# map: HEAD /api/login open
# map: GET /api/me signed-in
# map: HEAD /api/me signed-in
# map: PUT /api/me signed-in
async def answer(request):
    return web.json_response({"name": request["user"]})


@web.middleware
async def signed_in(request, handler):
    if request.path.startswith("/api/login"):
        request["user"] = None
        return await handler(request)
    user = TOKENS.get(request.headers.get("Authorization"))
    if user is None:
        return web.json_response({"error": "who are you?"}, status=401)
    request["user"] = user
    return await handler(request)


@web.middleware
async def errors(request, handler):
    try:
        return await handler(request)
    except web.HTTPException as error:
        return web.json_response({"error": error.reason}, status=error.status)


# map: DELETE /admin/users/{name} signed-in
async def remove(request):
    return web.Response()


def admin():
    async def factory(app, handler):
        async def middleware(request):
            if not request.cookies.get("session"):
                raise web.HTTPForbidden()
            return await handler(request)

        return middleware

    app = web.Application(middlewares=[factory])
    app.router.add_resource("/users/{name}").add_route("DELETE", remove)
    return app


def make():
    app = web.Application()
    app.middlewares.append(errors)
    app.add_routes(routes)
    cors = aiohttp_cors.setup(app)
    cors.add(app.router.add_route("*", "/any", anything))
    app.router.add_get("/feed", feed)
    # map: ANY /static open
    app.router.add_static("/static", "static")
    api = web.Application(middlewares=[signed_in])
    api.add_routes([web.get("/login", answer), web.get("/me", answer), web.put("/me", answer)])
    app.add_subapp("/api/", api)
    app.add_subapp("/admin", admin())
    return app
