"""Django REST framework: one class for several routes, each with an action."""

from rest_framework.generics import GenericAPIView
from rest_framework.mixins import (
    CreateModelMixin,
    DestroyModelMixin,
    ListModelMixin,
    RetrieveModelMixin,
    UpdateModelMixin,
)
from rest_framework.views import APIView


class ViewSetMixin:
    @classmethod
    def as_view(cls, actions=None, **initkwargs):
        if "get" in actions and "head" not in actions:
            actions["head"] = actions["get"]

        def view(request, *args, **kwargs):
            self = cls(**initkwargs)
            self.request = request
            self.args = args
            self.kwargs = kwargs
            self.action_map = actions
            self.action = actions.get(request.method.lower(), "")
            setattr(self, request.method.lower(), getattr(self, self.action))
            return self.dispatch(request, *args, **kwargs)

        view.cls = cls
        view.actions = actions
        view.view_initkwargs = initkwargs
        view.login_required = False
        return view


class ViewSet(ViewSetMixin, APIView):
    pass


class GenericViewSet(ViewSetMixin, GenericAPIView):
    pass


class ReadOnlyModelViewSet(RetrieveModelMixin, ListModelMixin, GenericViewSet):
    pass


class ModelViewSet(
    CreateModelMixin, RetrieveModelMixin, UpdateModelMixin, DestroyModelMixin, ListModelMixin, GenericViewSet
):
    pass
