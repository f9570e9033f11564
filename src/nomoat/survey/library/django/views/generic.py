"""Django: classes that answer. What they do with data is not told, only which methods they have, in which order what a
class may have of its own is asked, and who comes through."""

from django.forms.models import modelform_factory
from django.http import HttpResponseNotAllowed


class View:
    http_method_names = ["get", "post", "put", "patch", "delete", "head", "options", "trace"]

    def __init__(self, **kwargs):
        for name, value in kwargs.items():
            setattr(self, name, value)

    @classmethod
    def as_view(cls, **initkwargs):
        def view(request, *args, **kwargs):
            self = cls(**initkwargs)
            self.setup(request, *args, **kwargs)
            return self.dispatch(request, *args, **kwargs)

        view.view_class = cls
        view.view_initkwargs = initkwargs
        view.__module__ = cls.__module__
        view.__dict__.update(cls.dispatch.__dict__)
        return view

    def setup(self, request, *args, **kwargs):
        if hasattr(self, "get") and not hasattr(self, "head"):
            self.head = self.get
        self.request = request
        self.args = args
        self.kwargs = kwargs

    def dispatch(self, request, *args, **kwargs):
        handler = getattr(self, request.method.lower(), self.http_method_not_allowed)
        return handler(request, *args, **kwargs)

    def http_method_not_allowed(self, request, *args, **kwargs):
        return HttpResponseNotAllowed(self.http_method_names)


class ContextMixin:
    def get_context_data(self, **kwargs):
        kwargs.setdefault("view", self)
        return kwargs


class TemplateResponseMixin:
    template_name = None

    def get_template_names(self):
        return [self.template_name]

    def render_to_response(self, context, **kwargs):
        self.get_template_names()
        return None


class TemplateView(TemplateResponseMixin, ContextMixin, View):
    def get(self, request, *args, **kwargs):
        context = self.get_context_data(**kwargs)
        return self.render_to_response(context)


class RedirectView(View):
    def get_redirect_url(self, *args, **kwargs):
        return None

    def get(self, request, *args, **kwargs):
        self.get_redirect_url(*args, **kwargs)
        return None

    def head(self, request, *args, **kwargs):
        return self.get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        return self.get(request, *args, **kwargs)

    def delete(self, request, *args, **kwargs):
        return self.get(request, *args, **kwargs)

    def put(self, request, *args, **kwargs):
        return self.get(request, *args, **kwargs)

    def patch(self, request, *args, **kwargs):
        return self.get(request, *args, **kwargs)


class SingleObjectMixin(ContextMixin):
    model = None
    queryset = None

    def get_queryset(self):
        return self.queryset or self.model.objects.all()

    def get_slug_field(self):
        return self.slug_field

    def get_object(self, queryset=None):
        if queryset is None:
            queryset = self.get_queryset()
        return queryset.get(pk=self.kwargs.get("pk"))

    def get_context_object_name(self, obj):
        return self.context_object_name

    def get_context_data(self, **kwargs):
        context = {}
        if self.object:
            context["object"] = self.object
            self.get_context_object_name(self.object)
        context.update(kwargs)
        return super().get_context_data(**context)


class MultipleObjectMixin(ContextMixin):
    allow_empty = True
    context_object_name = None
    model = None
    ordering = None
    paginate_by = None
    queryset = None

    def get_queryset(self):
        found = self.queryset or self.model.objects.all()
        self.get_ordering()
        return found

    def get_ordering(self):
        return self.ordering

    def get_allow_empty(self):
        return self.allow_empty

    def get_paginate_by(self, queryset):
        return self.paginate_by

    def get_context_object_name(self, object_list):
        return self.context_object_name

    def get_context_data(self, *, object_list=None, **kwargs):
        queryset = object_list if object_list is not None else self.object_list
        self.get_paginate_by(queryset)
        self.get_context_object_name(queryset)
        context = {"object_list": queryset}
        context.update(kwargs)
        return super().get_context_data(**context)


class SingleObjectTemplateResponseMixin(TemplateResponseMixin):
    pass


class MultipleObjectTemplateResponseMixin(TemplateResponseMixin):
    pass


class BaseDetailView(SingleObjectMixin, View):
    def get(self, request, *args, **kwargs):
        self.object = self.get_object()
        context = self.get_context_data(object=self.object)
        return self.render_to_response(context)


class DetailView(SingleObjectTemplateResponseMixin, BaseDetailView):
    pass


class BaseListView(MultipleObjectMixin, View):
    def get(self, request, *args, **kwargs):
        self.object_list = self.get_queryset()
        self.get_allow_empty()
        context = self.get_context_data()
        return self.render_to_response(context)


class ListView(MultipleObjectTemplateResponseMixin, BaseListView):
    pass


def _processed(view, form):
    """What is done with a form; whoever means it sends what is valid, where anything else only shows the form again."""
    is_valid = form.is_valid()
    if is_valid or type(view).form_invalid is FormMixin.form_invalid:
        return view.form_valid(form)
    return view.form_invalid(form)


class FormMixin(ContextMixin):
    form_class = None
    initial = {}
    prefix = None
    success_url = None

    def get_initial(self):
        return {**self.initial}

    def get_prefix(self):
        return self.prefix

    def get_form_class(self):
        return self.form_class

    def get_form_kwargs(self):
        kwargs = {"initial": self.get_initial(), "prefix": self.get_prefix()}
        if self.request.method in ("POST", "PUT"):
            kwargs.update({"data": self.request.POST, "files": self.request.FILES})
        return kwargs

    def get_form(self, form_class=None):
        if form_class is None:
            form_class = self.get_form_class()
        return form_class(**self.get_form_kwargs())

    def get_success_url(self):
        return self.success_url

    def form_valid(self, form):
        self.get_success_url()
        return None

    def form_invalid(self, form):
        return None

    def get_context_data(self, **kwargs):
        if "form" not in kwargs:
            kwargs["form"] = self.get_form()
        return super().get_context_data(**kwargs)


class ProcessFormView(View):
    def get(self, request, *args, **kwargs):
        return self.render_to_response(self.get_context_data())

    def post(self, request, *args, **kwargs):
        form = self.get_form()
        return _processed(self, form)

    def put(self, *args, **kwargs):
        return self.post(*args, **kwargs)


class BaseFormView(FormMixin, ProcessFormView):
    pass


class FormView(TemplateResponseMixin, BaseFormView):
    pass


class ModelFormMixin(FormMixin, SingleObjectMixin):
    fields = None

    def get_form_class(self):
        return self.form_class or modelform_factory(self.model, fields=self.fields)

    def get_form_kwargs(self):
        kwargs = super().get_form_kwargs()
        kwargs.update({"instance": self.object})
        return kwargs

    def form_valid(self, form):
        self.object = form.save()
        if self.fields:
            # Its form is made from the model.
            self.model().save()
        return super().form_valid(form)


class BaseCreateView(ModelFormMixin, ProcessFormView):
    def get(self, request, *args, **kwargs):
        self.object = None
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        self.object = None
        return super().post(request, *args, **kwargs)


class CreateView(SingleObjectTemplateResponseMixin, BaseCreateView):
    pass


class BaseUpdateView(ModelFormMixin, ProcessFormView):
    def get(self, request, *args, **kwargs):
        self.object = self.get_object()
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        self.object = self.get_object()
        return super().post(request, *args, **kwargs)


class UpdateView(SingleObjectTemplateResponseMixin, BaseUpdateView):
    pass


class DeletionMixin:
    def delete(self, request, *args, **kwargs):
        self.object = self.get_object()
        self.get_success_url()
        self.object.delete()
        return None

    def get_success_url(self):
        return self.success_url

    def post(self, request, *args, **kwargs):
        return self.delete(request, *args, **kwargs)


class BaseDeleteView(DeletionMixin, FormMixin, BaseDetailView):
    def post(self, request, *args, **kwargs):
        self.object = self.get_object()
        form = self.get_form()
        return _processed(self, form)

    def form_valid(self, form):
        self.get_success_url()
        self.object.delete()
        return None


class DeleteView(SingleObjectTemplateResponseMixin, BaseDeleteView):
    pass


class BaseDateListView(MultipleObjectMixin, View):
    def get_dated_queryset(self, **lookup):
        return self.get_queryset().filter(**lookup)

    def get_dated_items(self):
        return (None, self.get_dated_queryset(), {})

    def get(self, request, *args, **kwargs):
        self.date_list, self.object_list, more = self.get_dated_items()
        context = self.get_context_data(object_list=self.object_list, date_list=self.date_list, **more)
        return self.render_to_response(context)


class ArchiveIndexView(MultipleObjectTemplateResponseMixin, BaseDateListView):
    pass


class YearArchiveView(MultipleObjectTemplateResponseMixin, BaseDateListView):
    pass


class MonthArchiveView(MultipleObjectTemplateResponseMixin, BaseDateListView):
    pass


class WeekArchiveView(MultipleObjectTemplateResponseMixin, BaseDateListView):
    pass


class DayArchiveView(MultipleObjectTemplateResponseMixin, BaseDateListView):
    pass


class TodayArchiveView(MultipleObjectTemplateResponseMixin, BaseDateListView):
    pass


class DateDetailView(DetailView):
    pass
