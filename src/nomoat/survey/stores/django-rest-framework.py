from django.db import models
from rest_framework import generics, mixins, serializers, viewsets
from rest_framework.decorators import action


class Order(models.Model):
    state = models.CharField(max_length=10)


class Line(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")


class Event(models.Model):
    pass


class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["state"]


class LineSerializer(serializers.ModelSerializer):
    class Meta:
        model = Line
        fields = ["order"]

    def create(self, validated_data):
        Event.objects.create()
        return super().create(validated_data)


class PlainSerializer(serializers.Serializer):
    def create(self, validated_data):
        return Event.objects.create(**validated_data)


class Base(viewsets.GenericViewSet):
    def filter_queryset(self, queryset):
        return queryset.exclude(state="gone")


class Orders(mixins.ListModelMixin, mixins.CreateModelMixin, mixins.DestroyModelMixin, Base):
    queryset = Order.objects.all()
    serializer_class = OrderSerializer
    # store: list reads shop_order
    # store: create writes shop_order
    # store: destroy reads shop_order; writes shop_order
    # store: close reads shop_order; writes shop_order
    # store: events reads shop_event

    @action(detail=True, methods=["post"])
    def close(self, request, pk=None):
        order = self.get_object()
        order.save()

    @action(detail=False, methods=["get"])
    def events(self, request):
        return Event.objects.all()


class Lines(viewsets.ModelViewSet):
    def get_queryset(self):
        return Line.objects.filter(order__state="new")

    def get_serializer_class(self):
        return LineSerializer

    # store: list reads shop_line
    # store: retrieve reads shop_line
    # store: create writes shop_event, shop_line
    # store: update reads shop_line; writes shop_event, shop_line
    # store: destroy reads shop_line; writes shop_line


class Plain(generics.CreateAPIView):
    serializer_class = PlainSerializer
    # store: post writes shop_event


class Archive(generics.ListAPIView):
    queryset = Order.objects.all()
    # store: get reads shop_order
