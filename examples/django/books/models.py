"""Books, each of one person."""

from django.db import models


class Book(models.Model):
    """One book."""

    title = models.CharField(max_length=200)
    owner = models.CharField(max_length=150)
    lent_to = models.CharField(max_length=150, blank=True)
