"""drf-rw-serializers: the views of Django REST framework, with one serializer to read and one to write."""

from rest_framework import generics


class GenericAPIView(generics.GenericAPIView):
    read_serializer_class = None
    write_serializer_class = None

    def get_read_serializer_class(self):
        return self.read_serializer_class or self.get_serializer_class()

    def get_write_serializer_class(self):
        return self.write_serializer_class or self.get_serializer_class()


class CreateAPIView(GenericAPIView, generics.CreateAPIView):
    pass


class ListAPIView(GenericAPIView, generics.ListAPIView):
    pass


class RetrieveAPIView(GenericAPIView, generics.RetrieveAPIView):
    pass


class UpdateAPIView(GenericAPIView, generics.UpdateAPIView):
    pass


class ListCreateAPIView(GenericAPIView, generics.ListCreateAPIView):
    pass


class RetrieveDestroyAPIView(GenericAPIView, generics.RetrieveDestroyAPIView):
    pass


class RetrieveUpdateAPIView(GenericAPIView, generics.RetrieveUpdateAPIView):
    pass


class RetrieveUpdateDestroyAPIView(GenericAPIView, generics.RetrieveUpdateDestroyAPIView):
    pass
