"""Django's admin: its sites, by the module that defines them."""

from django.contrib.admin import AdminSite, site
