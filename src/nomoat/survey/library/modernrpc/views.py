"""django-modern-rpc: one address for all procedures, each of which asks for itself who is calling."""

from django.http import HttpResponse
from django.views.generic import View


class RPCEntryPoint(View):
    def post(self, request, *args, **kwargs):
        return HttpResponse()
