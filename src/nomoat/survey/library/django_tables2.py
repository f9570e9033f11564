"""django-tables2: its views, by the package itself."""

from django_tables2.views import MultiTableMixin, SingleTableMixin, SingleTableView
