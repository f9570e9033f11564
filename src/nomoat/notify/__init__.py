"""Reaches people: one module a channel."""
