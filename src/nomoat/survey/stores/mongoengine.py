from mongoengine import Document, ReferenceField, StringField


class User(Document):
    name = StringField()


class BlogPost(Document):
    author = ReferenceField(User)


class Order(Document):
    meta = {"collection": "orders"}
    state = StringField()


def listed():  # store: reads orders
    return Order.objects(state="new").order_by("id")


def one(key):  # store: reads blog_post
    return BlogPost.objects.get(id=key)


def saved():  # store: writes user
    User(name="ana").save()


def changed(key):  # store: writes orders
    Order.objects(id=key).update(set__state="sent")


def removed(key):  # store: reads orders; writes orders
    order = Order.objects.get_or_404(id=key)
    order.delete()
