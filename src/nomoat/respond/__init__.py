"""Leads whoever is on call through an incident."""
