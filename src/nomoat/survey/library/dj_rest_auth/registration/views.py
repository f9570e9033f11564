"""dj-rest-auth: new accounts."""

from dj_rest_auth.views import LoginView
from rest_framework.generics import CreateAPIView
from rest_framework.permissions import AllowAny


class RegisterView(CreateAPIView):
    permission_classes = (AllowAny,)


class VerifyEmailView(LoginView):
    pass


class ResendEmailVerificationView(CreateAPIView):
    permission_classes = (AllowAny,)


class SocialLoginView(LoginView):
    pass
