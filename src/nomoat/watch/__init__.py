"""Notices what should not happen."""
