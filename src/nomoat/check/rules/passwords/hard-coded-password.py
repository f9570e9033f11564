import sqlalchemy
import os
import smtplib

import psycopg2
import pymysql
from flask import request

ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
DATABASES = {
    "default": {
        "USER": "shop",
        "PASSWORD": "zp1-0sk-lmd",  # expect: hard-coded-password
    },
    "other": {"USER": "shop", "PASSWORD": os.environ["DB_PASSWORD"]},
}
ADMIN_PASSWORD = "sd9-lkj3-mmz"  # expect: hard-coded-password
MAIL_PASSWORD = os.environ["MAIL_PASSWORD"]
WANTED = "p8s-zz01-fmf"


def bad(username, password, User):
    if username == "admin" and password == "kn2-99a-gjq":  # expect: hard-coded-password
        return True
    if request.form["password"] == WANTED:  # expect: hard-coded-password
        return True
    psycopg2.connect(host="db", user="shop", password="q1z-77b-lmp")  # expect: hard-coded-password
    pymysql.connect("db", "shop", "q1z-77b-lmp", "shop")  # expect: hard-coded-password
    smtplib.SMTP_SSL("mail.example.com").login("shop", "q1z-77b-lmp")  # expect: hard-coded-password
    User.objects.create_superuser("root", "root@example.com", "q1z-77b-lmp")  # expect: hard-coded-password


def safe(username, password, field, User):
    if password == os.environ["ADMIN_PASSWORD"]:
        return True
    if password == "" or password == "<password>" or field.type == "password":
        return False
    psycopg2.connect(host="db", user="shop", password=os.environ["DB_PASSWORD"])
    pymysql.connect(host="db", user="shop", password=password)
    smtplib.SMTP_SSL("mail.example.com").login("shop", password)
    User.objects.create_superuser("root", "root@example.com", password)
    return username == "administrator"


def only_by_key(x_admin_key):
    return x_admin_key == "kd83-office-2f"  # expect: hard-coded-password


def engines():
    sqlalchemy.create_engine("postgresql://shop:Hedgehog-41@pg.shop.internal/shop")  # expect: hard-coded-password
    sqlalchemy.create_engine("postgresql://shop:password@localhost/shop")
    sqlalchemy.create_engine(os.environ["DATABASE_URL"])
    sqlalchemy.create_engine("sqlite:///shop.db")
    sqlalchemy.create_engine("postgresql://shop:kQ83nbvX2m@db:5432/shop")  # expect: hard-coded-password
    sqlalchemy.create_engine("postgresql://shop:shopshop@db:5432/shop")
