"""Writes invoices for the shop's orders."""
