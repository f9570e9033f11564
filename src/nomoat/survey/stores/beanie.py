from beanie import Document


class Order(Document):
    state: str

    class Settings:
        name = "orders"


class User(Document):
    name: str


async def listed():  # store: reads orders
    return await Order.find(Order.state == "new").to_list()


async def one(key):  # store: reads User
    return await User.get(key)


async def created():  # store: writes orders
    await Order(state="new").insert()


async def changed(key):  # store: reads orders; writes orders
    order = await Order.get(key)
    order.state = "sent"
    await order.save()


async def removed(key):  # store: reads User; writes User
    await User.find_one(User.id == key).delete()
