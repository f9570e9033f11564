"""Billing, of the example."""
