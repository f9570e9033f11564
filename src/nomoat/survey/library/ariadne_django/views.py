"""Ariadne: a view that answers queries; whom it lets ask for what, its resolvers say."""

from django.http import HttpResponse
from django.views.generic import View


class GraphQLView(View):
    def get(self, request, *args, **kwargs):
        return HttpResponse()

    def post(self, request, *args, **kwargs):
        return HttpResponse()


class GraphQLAsyncView(GraphQLView):
    pass
