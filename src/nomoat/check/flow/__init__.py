"""Follows request data through functions to where it must not arrive."""
