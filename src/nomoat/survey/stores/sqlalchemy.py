from fastapi import Depends
from flask import g
from flask_login import LoginManager, current_user
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, delete, func, insert, select, text, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlmodel import Field, SQLModel

metadata = MetaData()
audit = Table("audit_log", metadata, Column("id", Integer))
db = SQLAlchemy()


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String)
    items: Mapped[list["Item"]] = relationship(back_populates="order")


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order: Mapped["Order"] = relationship(back_populates="items")


class LargeOrder(Order):
    pass


class BlogPost(db.Model):
    id = db.Column(db.Integer, primary_key=True)


class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)


class Repository:
    def __init__(self, model, session):
        self.model = model
        self.session = session

    def get(self, key):
        return self.session.get(self.model, key)

    def add(self, **values):
        row = self.model(**values)
        self.session.add(row)
        return row

    def remove(self, row):
        self.session.delete(row)


orders = Repository(Order, Session())
items = Repository(Item, Session())


def all_orders(session):  # store: reads orders
    return session.execute(select(Order)).scalars().all()


def count_orders(session):  # store: reads orders
    return session.query(func.count(Order.id)).scalar()


def large(session):  # store: reads orders
    return session.query(LargeOrder).filter(LargeOrder.id > 1).first()


def joined(session):  # store: reads items, orders
    return session.scalars(select(Order).join(Item).where(Item.id == 1))


def add(session):  # store: writes orders
    session.add(Order(state="new"))


def change(session, key):  # store: reads orders; writes orders
    order = session.get(Order, key)
    order.state = "sent"
    session.commit()


def change_all(session):  # store: writes orders
    session.execute(update(Order).values(state="sent"))


def drop(session):  # store: writes items
    session.execute(delete(Item).where(Item.id == 1))


def drop_one(session, key):  # store: reads orders; writes orders
    order = session.get(Order, key)
    session.delete(order)


def log(connection):  # store: writes audit_log
    connection.execute(audit.insert().values(id=1))


def log_again(connection):  # store: writes audit_log
    connection.execute(insert(audit))


def by_text(connection):  # store: reads orders; writes items
    connection.execute(text("DELETE FROM items WHERE order_id IN (SELECT id FROM orders)"))


def posts():  # store: reads blog_post
    return BlogPost.query.filter_by(id=1).all()


def post_or_404(key):  # store: reads blog_post
    return db.get_or_404(BlogPost, key)


def heroes(session):  # store: reads hero
    return session.exec(select(Hero)).all()


def by_repository(key):  # store: reads orders
    return orders.get(key)


def added_by_repository():  # store: writes items
    return items.add(id=1)


def removed_by_repository(session, key):  # store: reads items; writes items
    row = session.get(Item, key)
    items.remove(row)


def nothing(order):  # store: nothing
    return Order(state="new")


login = LoginManager()


@login.user_loader
def load(key):
    return BlogPost.query.get(key)


def preprocess():
    g.order = Order.query.get(1)


def of_caller():  # store: writes blog_post
    current_user.title = "new"


def of_request():  # store: writes orders
    db.session.delete(g.order)


def wanted(key):
    return Session().get(Order, key)


def injected(order=Depends(wanted)):  # store: writes orders
    order.state = "sent"
