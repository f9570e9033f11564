"""djangorestframework-simplejwt: who is calling, by a token in a header; None where there is none."""

from rest_framework.authentication import BaseAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken


class JWTAuthentication(BaseAuthentication):
    def authenticate(self, request):
        header = self.get_header(request)
        if header is None:
            return None
        raw_token = self.get_raw_token(header)
        if raw_token is None:
            return None
        validated_token = self.get_validated_token(raw_token)
        return self.get_user(validated_token), validated_token

    def get_header(self, request):
        return request.META.get("HTTP_AUTHORIZATION")

    def get_raw_token(self, header):
        return header

    def get_validated_token(self, raw_token):
        if not raw_token:
            raise InvalidToken()
        return raw_token

    def get_user(self, validated_token):
        return validated_token


class JWTStatelessUserAuthentication(JWTAuthentication):
    pass


class JWTTokenUserAuthentication(JWTAuthentication):
    pass
