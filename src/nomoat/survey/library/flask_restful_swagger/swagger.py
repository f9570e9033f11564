"""flask-restful-swagger: pages that describe resources of Flask-RESTful."""


def docs(api, apiVersion="0.0", **more):
    return api


def operation(**given):
    return lambda function: function


def model(c=None, *args, **given):
    return c if callable(c) else lambda cls: cls


def nested(klass=None, **given):
    return klass if callable(klass) else lambda cls: cls
