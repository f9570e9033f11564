"""What the model of Starlette says, route by route: each mark is what the map must show."""

from starlette.applications import Starlette
from starlette.authentication import requires
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles


# map: GET / open
# map: HEAD / open
async def home(request):
    return JSONResponse({})


# map: POST /api/orders needs orders:write
@requires(["authenticated", "orders:write"])
async def create(request):
    return JSONResponse({})


# map: GET /api/orders/{number} signed-in
# map: HEAD /api/orders/{number} signed-in
# map: DELETE /api/orders/{number} open
class Order(HTTPEndpoint):
    async def get(self, request):
        if not request.user.is_authenticated:
            raise HTTPException(status_code=401)
        return JSONResponse({})

    async def delete(self, request):
        return JSONResponse({})


# map: WS /feed open
async def feed(websocket):
    await websocket.accept()


# map: ANY /static open
app = Starlette(
    routes=[
        Route("/", home),
        Mount("/api", routes=[Route("/orders", create, methods=["POST"]), Route("/orders/{number:int}", Order)]),
        Mount("/static", StaticFiles(directory="static")),
        WebSocketRoute("/feed", feed),
    ]
)
