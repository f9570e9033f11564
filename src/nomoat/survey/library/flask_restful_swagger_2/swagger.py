"""Decorators that only describe."""


def doc(operation_object):
    return lambda function: function


def reqparser(name, parser):
    return lambda function: function


def tags(*given):
    return lambda cls: cls
