"""django-tables2: a table beside what a view shows anyway."""

from django.views.generic import ListView


class TableMixinBase:
    pass


class SingleTableMixin(TableMixinBase):
    table_class = None

    def get_table_class(self):
        return self.table_class

    def get_table_kwargs(self):
        return {}

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs)


class SingleTableView(SingleTableMixin, ListView):
    pass


class MultiTableMixin(TableMixinBase):
    tables = None

    def get_tables(self):
        return self.tables

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs)
