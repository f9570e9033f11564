"""Secrets that stand in files: shapes of providers with their checksums, and random text under a telling name.

A secret that was found is never kept whole: what goes on is where it stands, what it is, and how it begins.
"""
