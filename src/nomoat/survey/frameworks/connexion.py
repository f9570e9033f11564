"""What the model of connexion says, route by route: each mark is what the map must show."""

import connexion
from connexion import request

app = connexion.FlaskApp(__name__)


def verify(token, required_scopes=None):
    return {"sub": "ana"} if token == "right" else None


# map: GET /shop/orders signed-in
# map: HEAD /shop/orders signed-in
def list_orders():
    return []


# An empty list of requirements asks nobody, whatever the whole document asks.
# map: POST /shop/orders open
def place_order(body):
    return body, 201


# map: GET /shop/orders/{order_id} needs orders:read
# map: HEAD /shop/orders/{order_id} needs orders:read
def read_order(order_id):
    return {"id": order_id}


# Where one of the requirements is empty, nobody has to meet another.
# map: DELETE /shop/orders/{order_id} signed-in
def remove_order(order_id, user=None):
    if not request.headers.get("X-User"):
        return connexion.problem(401, "sign in", "who are you?")
    return connexion.NoContent, 204


SPECIFICATION = {
    "openapi": "3.0.0",
    "info": {"title": "shop", "version": "1"},
    "servers": [{"url": "https://shop.example/shop"}],
    "security": [{"key": []}],
    "components": {
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key", "x-apikeyInfoFunc": "main.verify"},
            "oauth": {"type": "oauth2", "x-tokenInfoFunc": "main.verify", "flows": {}},
        }
    },
    "paths": {
        "/orders": {
            "get": {"operationId": "main.list_orders"},
            "post": {"operationId": "main.place_order", "security": [], "requestBody": {}},
        },
        "/orders/{order_id}": {
            "parameters": [{"name": "order_id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {"operationId": "main.read_order", "security": [{"oauth": ["orders:read"]}]},
            "delete": {"operationId": "main.remove_order", "security": [{"key": []}, {}]},
        },
    },
}
app.add_api(SPECIFICATION)
