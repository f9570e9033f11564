"""Django REST framework: what views do with objects."""


class CreateModelMixin:
    def create(self, request, *args, **kwargs):
        serializer = self.get_serializer(data=request.data)
        self.perform_create(serializer)
        return None

    def perform_create(self, serializer):
        serializer.save()


class ListModelMixin:
    def list(self, request, *args, **kwargs):
        self.filter_queryset(self.get_queryset())
        return None


class RetrieveModelMixin:
    def retrieve(self, request, *args, **kwargs):
        self.get_object()
        return None


class UpdateModelMixin:
    def update(self, request, *args, **kwargs):
        instance = self.get_object()
        serializer = self.get_serializer(instance, data=request.data)
        self.perform_update(serializer)
        return None

    def perform_update(self, serializer):
        serializer.save()

    def partial_update(self, request, *args, **kwargs):
        return self.update(request, *args, **kwargs)


class DestroyModelMixin:
    def destroy(self, request, *args, **kwargs):
        self.perform_destroy(self.get_object())
        return None

    def perform_destroy(self, instance):
        instance.delete()
