"""What the model of Litestar says, route by route: each mark is what the map must show."""

from litestar import Controller, Litestar, Request, Router, delete, get, post, put, route, websocket
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.middleware import DefineMiddleware
from litestar.middleware.authentication import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.security.jwt import JWTAuth

TOKENS = {"t0ken": "ana"}


def signed_in(connection, route_handler) -> None:
    if not connection.headers.get("Authorization"):
        raise NotAuthorizedException()


def admin(connection, route_handler) -> None:
    if not route_handler.opt.get("public") and connection.headers.get("X-Api-Key") is None:
        raise PermissionDeniedException()


# map: GET / open
@get("/")
async def home() -> str:
    return "hello"


# map: GET /orders signed-in
# map: GET /orders/{number} signed-in
# map: POST /orders signed-in
class Orders(Controller):
    path = "/orders/"
    guards = [signed_in]

    @get()
    async def list_orders(self) -> list[str]:
        return []

    @get("/{number:int}")
    async def order(self, number: int) -> int:
        return number

    @post()
    async def create(self, data: dict[str, str]) -> None:
        return None


def current_user(request: Request) -> str:
    name = TOKENS.get(request.headers.get("Authorization", ""))
    if name is None:
        raise NotAuthorizedException()
    return name


# map: PUT /api/me signed-in
@put("/me")
async def me(user: str) -> str:
    return user


# map: DELETE /api/me open
@delete("/me")
async def nobody() -> None:
    return None


# map: GET /admin/a signed-in
# map: PUT /admin/a signed-in
@route(["/a"], http_method=["GET", "PUT"])
async def administer() -> None:
    return None


# map: GET /admin/b open
@get("/b", opt={"public": True})
async def public() -> str:
    return ""


# map: WS /socket open
@websocket("/socket")
async def socket_of(socket: object) -> None:
    return None


api = Router("/api", route_handlers=[me, nobody], dependencies={"user": Provide(current_user)})
administration = Router(path="/admin", route_handlers=[administer, public], guards=[admin])
app = Litestar([home, Orders, api, administration, socket_of], openapi_config=None)


class Tokens(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:
        token = connection.headers.get("X-Token")
        if not token:
            raise NotAuthorizedException()
        return AuthenticationResult(user=TOKENS[token], auth=token)


# map: GET /behind/open open
@get("/behind/open", exclude_from_auth=True)
async def behind_open() -> str:
    return ""


# map: GET /behind/health open
# map: GET /behind/closed signed-in
@get(["/behind/health", "/behind/closed"])
async def behind(request: Request) -> str:
    return str(request.user)


behind_tokens = Litestar(
    route_handlers=[behind, behind_open],
    middleware=[DefineMiddleware(Tokens, exclude=["/health"])],
    openapi_config=None,
)

jwt_auth = JWTAuth[dict](retrieve_user_handler=current_user, token_secret="...", exclude=["/login", "^/public"])


# map: POST /jwt/login open
@post("/jwt/login")
async def login() -> str:
    return ""


# map: GET /jwt/me signed-in
@get("/jwt/me")
async def mine(request: Request) -> str:
    return str(request.user)


signed = Litestar([login, mine], on_app_init=[jwt_auth.on_app_init], openapi_config=None)
