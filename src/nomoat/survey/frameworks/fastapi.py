"""What the model of FastAPI says, route by route: each mark is what the map must show."""

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Security, WebSocket
from fastapi.security import OAuth2PasswordBearer, SecurityScopes

app = FastAPI(openapi_url=None)
token = OAuth2PasswordBearer(tokenUrl="token")


def current_user(raw: Annotated[str, Depends(token)]):
    user = request_user(raw)
    if user is None:
        raise HTTPException(status_code=401)
    return user


def request_user(raw): ...


def require(permission: str):
    def check(user: Annotated[object, Depends(current_user)]):
        if permission not in user.permissions:
            raise HTTPException(status_code=403)
        return user

    return check


def any_of(*permissions: str):
    def check(user: Annotated[object, Depends(current_user)]):
        if not any(one in user.permissions for one in permissions):
            raise HTTPException(status_code=403)

    return check


def scoped(scopes: SecurityScopes, user: Annotated[object, Depends(current_user)]):
    for scope in scopes.scopes:
        if scope not in user.scopes:
            raise HTTPException(status_code=403)
    return user


User = Annotated[object, Depends(current_user)]


# map: GET /health open
@app.get("/health")
def health():
    return {}


# map: GET /me signed-in
@app.get("/me")
def me(user: User):
    return user


# map: GET /orders needs orders:read
@app.get("/orders", dependencies=[Depends(require("orders:read"))])
def orders():
    return []


# map: POST /orders needs orders:write, orders:read
@app.post("/orders")
def create(user: Annotated[object, Security(scoped, scopes=["orders:read", "orders:write"])]):
    return user


# map: GET /either guarded
@app.get("/either", dependencies=[Depends(any_of("a", "b"))])
def either():
    return []


# map: DELETE /users/{user_id} needs role:is_superuser
@app.delete("/users/{user_id}")
def delete(user_id: int, user: User):
    if not user.is_superuser:
        raise HTTPException(status_code=403)
    return user


# map: GET /staff needs role:staff
@app.get("/staff")
def staff(user: User):
    if user["role"] != "staff":
        raise HTTPException(status_code=403)
    return user


# map: GET /active signed-in
@app.get("/active")
def active(user: User):
    if user.disabled:
        raise HTTPException(status_code=400)
    return user


# map: GET /hook unknown
@app.get("/hook")
def hook(request: Request):
    from provider import verify

    verify(request)
    return {}


# map: WS /feed signed-in
@app.websocket("/feed")
async def feed(websocket: WebSocket, user: User):
    await websocket.accept()


router = APIRouter(prefix="/admin", dependencies=[Depends(require("admin:read"))])


# map: GET /v1/admin/stats needs admin:read
# map: HEAD /v1/admin/stats needs admin:read
@router.api_route("/stats", methods=["GET", "HEAD"])
def stats():
    return {}


app.include_router(router, prefix="/v1")
