from tortoise import fields
from tortoise.models import Model


class User(Model):
    id = fields.IntField(primary_key=True)


class Order(Model):
    owner = fields.ForeignKeyField("models.User", related_name="orders")

    class Meta:
        table = "orders"


async def listed():  # store: reads orders
    return await Order.filter(id=1).all()


async def created():  # store: writes orders
    return await Order.create(id=1)


async def saved(key):  # store: reads user; writes user
    user = await User.get(id=key)
    user.name = "ana"
    await user.save()


async def removed(key):  # store: reads orders; writes orders
    await Order.filter(id=key).delete()


async def of_user(key):  # store: reads orders, user
    user = await User.get_or_none(id=key)
    return await user.orders.all()
