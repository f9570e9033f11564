"""What the model of Django REST framework says, route by route: each mark is what the map must show."""

from django.urls import include, path
from rest_framework import generics, viewsets
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.permissions import AllowAny, BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.views import APIView
from shop.models import Order


class IsOwner(BasePermission):
    def has_object_permission(self, request, view, obj):
        return obj.owner == request.user


# map: GET /api/orders/ signed-in
# map: HEAD /api/orders/ signed-in
# map: POST /api/orders/ signed-in
# map: GET /api/orders/{pk}/ signed-in
# map: HEAD /api/orders/{pk}/ signed-in
# map: PUT /api/orders/{pk}/ signed-in
# map: PATCH /api/orders/{pk}/ signed-in
# map: DELETE /api/orders/{pk}/ signed-in
# map: POST /api/orders/{pk}/refund/ needs role:is_staff
# map: GET /api/orders/totals/ signed-in
# map: HEAD /api/orders/totals/ signed-in
# map: DELETE /api/orders/totals/ signed-in
class Orders(viewsets.ModelViewSet):
    queryset = Order.objects.all()
    permission_classes = [IsAuthenticated, IsOwner]

    @action(detail=True, methods=["post"], permission_classes=[IsAdminUser])
    def refund(self, request, pk=None):
        return Response({})

    @action(detail=False, url_path="totals")
    def sums(self, request):
        return Response({})

    @sums.mapping.delete
    def forget_sums(self, request):
        return Response({})


# map: GET /api/news/ open
# map: HEAD /api/news/ open
# map: GET /api/news/{pk}/ needs role:is_staff
# map: HEAD /api/news/{pk}/ needs role:is_staff
class News(viewsets.ReadOnlyModelViewSet):
    def get_permissions(self):
        if self.action == "list":
            return [AllowAny()]
        return [IsAdminUser()]


# Whoever is not the owner only learns so from an object, and this one never looks at any.
# map: GET /either/ open
# map: HEAD /either/ open
class Either(APIView):
    permission_classes = [IsAdminUser | IsOwner]

    def get(self, request):
        return Response({})


# map: GET /both/ needs role:is_staff
# map: HEAD /both/ needs role:is_staff
# map: POST /both/ needs role:is_staff
class Both(generics.ListCreateAPIView):
    permission_classes = [IsAuthenticated & IsAdminUser]
    queryset = Order.objects.all()


# map: GET /hook/ open
# map: POST /hook/ open
@api_view(["GET", "POST"])
@permission_classes([AllowAny])
def hook(request):
    return Response({})


# map: DELETE /purge/ needs role:is_staff
@api_view(["DELETE"])
@permission_classes([IsAdminUser])
def purge(request):
    return Response({})


# What the router adds: a page that names its routes. Whom it lets through, settings say, which are not here.
# map: GET /api/ unknown
# map: HEAD /api/ unknown
router = DefaultRouter()
router.register("orders", Orders)
router.register("news", News, basename="news")

urlpatterns = [
    path("api/", include(router.urls)),
    path("either/", Either.as_view()),
    path("both/", Both.as_view()),
    path("hook/", hook),
    path("purge/", purge),
]
