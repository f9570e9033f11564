import aiohttp_jinja2
import jinja2
from flask import Flask
from jinja2 import Environment, FileSystemLoader, select_autoescape

app = Flask(__name__)
app.jinja_env.autoescape = False  # expect: disabled-autoescape
pages = Environment(loader=FileSystemLoader("pages"), autoescape=False)  # expect: disabled-autoescape
more = jinja2.Environment(autoescape=0)  # expect: disabled-autoescape
default = Environment(loader=FileSystemLoader("mails"))  # expect: disabled-autoescape

safe = Environment(loader=FileSystemLoader("pages"), autoescape=select_autoescape())
always = jinja2.Environment(autoescape=True)
chosen = Environment(loader=FileSystemLoader("pages"), autoescape=lambda name: name.endswith(".html"))
other = Flask(__name__)
other.jinja_env.autoescape = True


def of_aiohttp(application, loader):
    aiohttp_jinja2.setup(application, loader=loader, autoescape=False)  # expect: disabled-autoescape
    aiohttp_jinja2.setup(application, loader=loader)
