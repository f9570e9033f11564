"""Django: classes that answer. What they do with data is not told, only which methods they have and who comes through."""

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
        return kwargs


class TemplateResponseMixin:
    def render_to_response(self, context, **kwargs):
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

    def get_object(self, queryset=None):
        return self.get_queryset().get(pk=self.kwargs.get("pk"))


class MultipleObjectMixin(ContextMixin):
    model = None
    queryset = None

    def get_queryset(self):
        return self.queryset or self.model.objects.all()


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
        context = self.get_context_data()
        return self.render_to_response(context)


class ListView(MultipleObjectTemplateResponseMixin, BaseListView):
    pass


class FormMixin(ContextMixin):
    form_class = None

    def get_form_class(self):
        return self.form_class

    def get_form_kwargs(self):
        return {}

    def get_form(self, form_class=None):
        made = form_class or self.get_form_class()
        return made(**self.get_form_kwargs())

    def get_success_url(self):
        return None

    def form_valid(self, form):
        return None

    def form_invalid(self, form):
        return None


class ProcessFormView(View):
    def get(self, request, *args, **kwargs):
        return self.render_to_response(self.get_context_data())

    def post(self, request, *args, **kwargs):
        form = self.get_form()
        if form.is_valid():
            return self.form_valid(form)
        return self.form_invalid(form)

    def put(self, *args, **kwargs):
        return self.post(*args, **kwargs)


class BaseFormView(FormMixin, ProcessFormView):
    pass


class FormView(TemplateResponseMixin, BaseFormView):
    pass


class ModelFormMixin(FormMixin, SingleObjectMixin):
    fields = None

    def form_valid(self, form):
        self.object = form.save()
        if self.fields:
            # Its form is made from the model.
            self.model().save()
        return None


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
        self.object.delete()
        return None

    def post(self, request, *args, **kwargs):
        return self.delete(request, *args, **kwargs)


class BaseDeleteView(DeletionMixin, FormMixin, BaseDetailView):
    def post(self, request, *args, **kwargs):
        self.object = self.get_object()
        form = self.get_form()
        if form.is_valid():
            return self.form_valid(form)
        return self.form_invalid(form)

    def form_valid(self, form):
        self.object.delete()
        return None


class DeleteView(SingleObjectTemplateResponseMixin, BaseDeleteView):
    pass


class BaseDateListView(MultipleObjectMixin, View):
    def get(self, request, *args, **kwargs):
        return None


class ArchiveIndexView(BaseDateListView):
    pass


class YearArchiveView(BaseDateListView):
    pass


class MonthArchiveView(BaseDateListView):
    pass


class WeekArchiveView(BaseDateListView):
    pass


class DayArchiveView(BaseDateListView):
    pass


class TodayArchiveView(BaseDateListView):
    pass


class DateDetailView(DetailView):
    pass
