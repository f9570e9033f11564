"""djoser: the paths of tokens that carry a signature."""

from django.urls import re_path
from rest_framework_simplejwt import views

urlpatterns = [
    re_path(r"^jwt/create/?", views.TokenObtainPairView.as_view()),
    re_path(r"^jwt/refresh/?", views.TokenRefreshView.as_view()),
    re_path(r"^jwt/verify/?", views.TokenVerifyView.as_view()),
]
