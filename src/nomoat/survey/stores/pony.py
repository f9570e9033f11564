from pony.orm import Database, Required, Set, select

db = Database()


class User(db.Entity):
    orders = Set("Order")


class Order(db.Entity):
    _table_ = "orders"
    owner = Required(User)


def listed():  # store: reads orders
    return select(one for one in Order)[:]


def created(owner):  # store: writes orders
    return Order(owner=owner)


def removed(key):  # store: reads User; writes User
    User.get(id=key).delete()
