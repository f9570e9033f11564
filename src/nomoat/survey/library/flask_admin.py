"""Flask-Admin: pages for whoever looks after the rows of an application."""

from flask_admin.base import Admin, AdminIndexView, BaseView, expose, expose_plugview
