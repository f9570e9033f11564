"""django-formtools: a form in several steps."""

from django.views.generic import TemplateView


class WizardView(TemplateView):
    @classmethod
    def as_view(cls, *args, **kwargs):
        # The forms are given by themselves; who may come here is no matter of theirs.
        return super().as_view()

    def get(self, request, *args, **kwargs):
        return None

    def post(self, *args, **kwargs):
        return None


class SessionWizardView(WizardView):
    pass


class CookieWizardView(WizardView):
    pass


class NamedUrlWizardView(WizardView):
    pass


class NamedUrlSessionWizardView(NamedUrlWizardView):
    pass


class NamedUrlCookieWizardView(NamedUrlWizardView):
    pass
