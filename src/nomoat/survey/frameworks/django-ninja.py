"""What the model of django-ninja says, route by route: each mark is what the map must show."""

from django.urls import path
from ninja import NinjaAPI, Router
from ninja.security import APIKeyHeader, HttpBearer, django_auth
from shop.models import Key, Order


class Bearer(HttpBearer):
    def authenticate(self, request, token):
        return Key.objects.filter(value=token).first()


class Header(APIKeyHeader):
    param_name = "X-API-Key"

    def authenticate(self, request, key):
        if key is None:
            return None
        return Key.objects.filter(value=key).first()


# map: GET /api/openapi.json open
# map: HEAD /api/openapi.json open
# map: GET /api/docs open
# map: HEAD /api/docs open
api = NinjaAPI(auth=Bearer())
orders = Router()
news = Router(auth=None)
staff = Router(auth=[Header(), django_auth])


# map: GET /api/me signed-in
@api.get("/me")
def me(request):
    return {"user": request.auth}


# map: POST /api/sign-in open
@api.post("/sign-in", auth=None)
def sign_in(request, name: str, password: str):
    return {}


# map: GET /api/orders/ signed-in
@orders.get("/")
def list_orders(request):
    return list(Order.objects.filter(owner=request.auth))


# map: DELETE /api/orders/{order_id} signed-in
@orders.delete("/{int:order_id}")
def delete_order(request, order_id: int):
    Order.objects.get(pk=order_id).delete()


# map: GET /api/news/{slug} open
@news.get("/{slug}")
def read_news(request, slug: str):
    return {}


# map: PUT /api/news/{slug} signed-in
@news.put("/{slug}", auth=django_auth)
def write_news(request, slug: str):
    return {}


# map: GET /api/staff/list signed-in
# map: POST /api/staff/list signed-in
@staff.api_operation(["GET", "POST"], "/list")
def list_staff(request):
    return []


api.add_router("/orders", orders)
api.add_router("/news/", news)
api.add_router("staff", staff)

urlpatterns = [path("api/", api.urls)]
