"""Django REST framework: a token for a name and a password."""

from rest_framework.views import APIView


class ObtainAuthToken(APIView):
    permission_classes = ()

    def post(self, request, *args, **kwargs):
        return None


obtain_auth_token = ObtainAuthToken.as_view()
