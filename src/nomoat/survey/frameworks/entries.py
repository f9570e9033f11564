"""What the model of entries says: tasks, commands and remote procedures, each with a mark of its own."""

import click
import shop_pb2_grpc
import typer
from apscheduler.schedulers.background import BackgroundScheduler
from celery import Celery, shared_task
from huey import RedisHuey, crontab

celery = Celery("shop")
huey = RedisHuey("shop")
scheduler = BackgroundScheduler()
terminal = typer.Typer()


# entry: task main.send_mail by queue
@celery.task(bind=True)
def send_mail(self, order_id):
    return order_id


# entry: task shop.bill by queue
@shared_task(name="shop.bill")
def bill(order_id):
    return order_id


# entry: task main.clean by schedule
@huey.periodic_task(crontab(hour="3"))
def clean():
    return None


# entry: task main.tick by schedule
def tick():
    return None


scheduler.add_job(tick, "interval", minutes=5)


@click.group()
def cli():
    return None


# entry: command make-order by terminal
@cli.command()
def make_order():
    return None


# entry: command export by terminal
@terminal.command("export")
def export_orders():
    return None


# entry: rpc Shop.Buy by grpc
class Shop(shop_pb2_grpc.ShopServicer):
    def Buy(self, request, context):
        return self._price(request)

    def _price(self, request):
        return request
