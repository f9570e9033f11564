"""What the model of Django says, route by route: each mark is what the map must show."""

from django.contrib import admin
from django.contrib.auth.decorators import login_required, permission_required, user_passes_test
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.http import HttpResponse, HttpResponseForbidden
from django.shortcuts import get_object_or_404, render
from django.urls import include, path, re_path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST
from django.views.generic import CreateView, DetailView, View
from shop.models import Order


# map: GET / open
# map: HEAD / open
def home(request):
    return render(request, "home.html")


# map: GET /shop/me/ signed-in
# map: HEAD /shop/me/ signed-in
# map: POST /shop/me/ signed-in
@login_required
def me(request):
    if request.method == "POST":
        request.user.save()
    return render(request, "me.html")


# map: GET /shop/archive/{year}/ signed-in
# map: HEAD /shop/archive/{year}/ signed-in
def archive(request, year):
    if not request.user.is_authenticated:
        return HttpResponseForbidden()
    return HttpResponse(year)


# map: POST /shop/orders/{pk}/delete/ needs shop.delete_order
@require_POST
@permission_required("shop.delete_order", raise_exception=True)
def delete(request, pk):
    get_object_or_404(Order, pk=pk).delete()
    return HttpResponse()


# map: GET /shop/orders/{pk}/ signed-in
# map: HEAD /shop/orders/{pk}/ signed-in
class Read(LoginRequiredMixin, DetailView):
    model = Order


# map: GET /shop/orders/new/ needs shop.add_order
# map: HEAD /shop/orders/new/ needs shop.add_order
# map: POST /shop/orders/new/ needs shop.add_order
# map: PUT /shop/orders/new/ needs shop.add_order
class New(PermissionRequiredMixin, CreateView):
    model = Order
    permission_required = "shop.add_order"


# map: GET /shop/staff/ needs role:is_staff
# map: HEAD /shop/staff/ needs role:is_staff
@method_decorator(user_passes_test(lambda user: user.is_staff), name="dispatch")
class Staff(View):
    def get(self, request):
        return HttpResponse()


# map: GET /shop/mixed/ open
# map: HEAD /shop/mixed/ open
# map: POST /shop/mixed/ signed-in
class Mixed(View):
    def get(self, request):
        return HttpResponse()

    @method_decorator(login_required)
    def post(self, request):
        return HttpResponse()


inner = [
    path("me/", me),
    re_path(r"^archive/(?P<year>[0-9]{4})/$", archive),
    path("orders/new/", New.as_view()),
    path("orders/<int:pk>/", Read.as_view()),
    path("orders/<int:pk>/delete/", delete),
    path("staff/", Staff.as_view()),
    path("mixed/", Mixed.as_view()),
]

# map: ANY /admin signed-in
urlpatterns = [
    path("", home),
    path("shop/", include((inner, "shop"))),
    path("admin/", admin.site.urls),
]
