"""djoser: the paths of accounts."""

from djoser import views
from rest_framework.routers import DefaultRouter

router = DefaultRouter()
router.register("users", views.UserViewSet)

urlpatterns = router.urls
