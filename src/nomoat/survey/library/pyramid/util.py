"""Pyramid: where older programs look for what dotted texts mean."""

from pyramid.path import DottedNameResolver
