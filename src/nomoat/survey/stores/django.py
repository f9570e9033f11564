from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import models
from django.shortcuts import get_object_or_404


class OrderQuerySet(models.QuerySet):
    def due(self):
        return self.filter(state="due")


class OrderManager(models.Manager):
    def opened(self, user):
        return self.create(owner=user)


class Order(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    state = models.CharField(max_length=10)
    objects = OrderManager()
    queries = OrderQuerySet.as_manager()

    @property
    def total(self):
        return sum(one.price for one in self.items.all())

    def close(self):
        self.state = "closed"
        self.save()


class Item(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    price = models.IntegerField()

    class Meta:
        db_table = "items"


class Note(models.Model):
    order = models.ForeignKey("Order", on_delete=models.CASCADE)


class Dated(models.Model):
    class Meta:
        abstract = True


class Bill(Dated):
    notes = models.ManyToManyField(Note)


class OpenOrder(Order):
    class Meta:
        proxy = True


class OrderForm(forms.ModelForm):
    class Meta:
        model = Order
        fields = ["state"]


def all_orders(request):  # store: reads shop_order
    return list(Order.objects.filter(state="new").order_by("id"))


def one(request, pk):  # store: reads shop_order
    return get_object_or_404(Order, pk=pk)


def due(request):  # store: reads shop_order
    return Order.queries.due()


def opened(request):  # store: writes shop_order
    return Order.objects.opened(request.user)


def changed(request):  # store: reads items; writes items
    Item.objects.filter(price=0).update(price=1)


def saved(request, pk):  # store: reads shop_order; writes shop_order
    order = Order.objects.get(pk=pk)
    order.state = "sent"
    order.save()


def closed(request, pk):  # store: reads shop_order; writes shop_order
    get_object_or_404(Order, pk=pk).close()


def not_saved(request, pk):  # store: reads shop_order
    order = Order.objects.get(pk=pk)
    order.state = "sent"
    return order


def removed(request, pk):  # store: reads shop_note; writes shop_note
    for note in Note.objects.filter(order_id=pk):
        note.delete()


def of_relation(request, pk):  # store: reads items, shop_order
    order = Order.objects.get(pk=pk)
    return order.items.all()


def behind(request, pk):  # store: reads shop_order; writes shop_note
    order = Order.objects.get(pk=pk)
    order.note_set.create()


def by_property(request, pk):  # store: reads items, shop_order
    return Order.objects.get(pk=pk).total


def of_user(request):  # store: reads shop_order
    return request.user.order_set.all()


def users(request):  # store: reads auth_user
    return get_user_model().objects.all()


def plain_users(request):  # store: writes auth_user
    return User.objects.create_user("ana")


def bills(request):  # store: writes shop_bill
    return Bill.objects.bulk_create([Bill()])


def proxied(request):  # store: reads shop_order
    return OpenOrder.objects.first()


def either(request, pk):  # store: reads shop_bill; writes shop_bill
    bill, is_new = Bill.objects.get_or_create(pk=pk)
    return bill


def from_form(request):  # store: writes shop_order
    form = OrderForm(request.POST)
    if form.is_valid():
        form.save()


def helper(row):
    row.delete()


def helped(request, pk):  # store: reads shop_bill; writes shop_bill
    helper(Bill.objects.get(pk=pk))


def helped_again(request, pk):  # store: reads items; writes items
    helper(Item.objects.get(pk=pk))
