from peewee import CharField, ForeignKeyField, Model, SqliteDatabase

database = SqliteDatabase("shop.db")


class Base(Model):
    class Meta:
        database = database


class User(Base):
    name = CharField()


class Order(Base):
    owner = ForeignKeyField(User, backref="orders")

    class Meta:
        table_name = "orders"


def listed():  # store: reads orders
    return list(Order.select().where(Order.id > 1))


def joined():  # store: reads orders, user
    return Order.select().join(User)


def one(key):  # store: reads orders
    return Order.get_or_none(Order.id == key)


def created(owner):  # store: writes orders
    return Order.create(owner=owner)


def changed(key):  # store: writes orders
    Order.update(owner=1).where(Order.id == key).execute()


def removed(key):  # store: writes orders
    Order.delete().where(Order.id == key).execute()


def gone(key):  # store: reads orders; writes orders
    Order.get_by_id(key).delete_instance()


def saved(key):  # store: reads user; writes user
    user = User.get(User.id == key)
    user.name = "ana"
    user.save()


def of_user(key):  # store: reads orders, user
    return User.get_by_id(key).orders.where(Order.id > 1)
