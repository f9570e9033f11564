"""Connexion: what answers an operation of a description."""

from connexion.resolver import MethodResolver, MethodViewResolver, RelativeResolver, Resolution, Resolver, RestyResolver
