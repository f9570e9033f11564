"""Keeps facts: one module a kind of store."""
