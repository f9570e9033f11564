from celery import Celery
from flask import Flask

ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
SESSION_SERIALIZER = "django.contrib.sessions.serializers.PickleSerializer"  # expect: pickled-session
CELERY_ACCEPT_CONTENT = ["json", "pickle"]  # expect: pickled-session

queue = Celery("shop")
queue.conf.update(accept_content=["pickle"])  # expect: pickled-session
queue.conf.task_serializer = "pickle"  # expect: pickled-session

other = Celery("other")
other.conf.update(accept_content=["json"], result_serializer="json")
other.conf.task_serializer = "json"
CELERY_RESULT_SERIALIZER = "json"
CACHE_SERIALIZER = "pickle"
