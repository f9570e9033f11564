"""djangorestframework-jwt: who is calling, by a token; None where there is none."""

from rest_framework.authentication import TokenAuthentication


class JSONWebTokenAuthentication(TokenAuthentication):
    pass
