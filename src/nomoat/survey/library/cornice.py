"""Cornice: what its modules have."""

from cornice.service import Service, includeme
