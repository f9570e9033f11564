"""Finds what is insecure in source."""
