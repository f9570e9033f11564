"""djangorestframework-simplejwt: tokens for a name and a password, and new ones for old."""

from rest_framework.generics import GenericAPIView


class TokenViewBase(GenericAPIView):
    permission_classes = ()
    authentication_classes = ()

    def post(self, request, *args, **kwargs):
        return None


class TokenObtainPairView(TokenViewBase):
    pass


class TokenObtainSlidingView(TokenViewBase):
    pass


class TokenRefreshView(TokenViewBase):
    pass


class TokenRefreshSlidingView(TokenViewBase):
    pass


class TokenVerifyView(TokenViewBase):
    pass


class TokenBlacklistView(TokenViewBase):
    pass


token_obtain_pair = TokenObtainPairView.as_view()
token_refresh = TokenRefreshView.as_view()
token_verify = TokenVerifyView.as_view()
token_blacklist = TokenBlacklistView.as_view()
