import pika
from celery import Celery
from rq import Queue

app = Celery("shop")
mails = Queue("mails")


def sent():  # store: writes queue:shop.tasks.bill
    app.send_task("shop.tasks.bill")


def enqueued(order):  # store: writes queue:mails
    mails.enqueue(print, order)


def published():  # store: writes queue:orders
    connection = pika.BlockingConnection()
    channel = connection.channel()
    channel.basic_publish(exchange="", routing_key="orders", body=b"")
