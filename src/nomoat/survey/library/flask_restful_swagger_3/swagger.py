"""Decorators that only describe."""

from flask_restful_swagger_2.swagger import doc, reqparser, tags


def tag(*given, **more):
    return lambda function: function


def reorder_with(schema, as_list=False, response_code=200, description=None, tag_name=None):
    return lambda function: function


def response(response_code, schema=None, description=None, **more):
    return lambda function: function


def expected(schema, required=False):
    return lambda function: function


def security(*given, **more):
    return lambda function: function
