"""django-allauth: accounts. Signing up and in is for everybody, what belongs to an account for who is signed in."""

from django.contrib.auth.decorators import login_not_required, login_required
from django.utils.decorators import method_decorator
from django.views.generic import FormView, TemplateView


@method_decorator(login_not_required, name="dispatch")
class _OpenForm(FormView):
    pass


@method_decorator(login_not_required, name="dispatch")
class _OpenPage(TemplateView):
    pass


class LoginView(_OpenForm):
    pass


class RequestLoginCodeView(_OpenForm):
    pass


class ConfirmLoginCodeView(_OpenForm):
    pass


class SignupView(_OpenForm):
    pass


class LogoutView(_OpenPage):
    def post(self, request, *args, **kwargs):
        return None


class AccountInactiveView(_OpenPage):
    pass


class ConfirmEmailView(_OpenPage):
    def post(self, request, *args, **kwargs):
        return None


class EmailVerificationSentView(_OpenPage):
    pass


class PasswordResetView(_OpenForm):
    pass


class PasswordResetDoneView(_OpenPage):
    pass


class PasswordResetFromKeyView(_OpenForm):
    pass


class PasswordResetFromKeyDoneView(_OpenPage):
    pass


@method_decorator(login_required, name="dispatch")
class EmailView(FormView):
    pass


@method_decorator(login_required, name="dispatch")
class PasswordChangeView(FormView):
    pass


@method_decorator(login_required, name="dispatch")
class PasswordSetView(FormView):
    pass


@method_decorator(login_required, name="dispatch")
class ReauthenticateView(FormView):
    pass


@method_decorator(login_required, name="dispatch")
class RequestReauthenticationCodeView(FormView):
    pass


@method_decorator(login_required, name="dispatch")
class ConfirmReauthenticationCodeView(FormView):
    pass


login = LoginView.as_view()
request_login_code = RequestLoginCodeView.as_view()
confirm_login_code = ConfirmLoginCodeView.as_view()
signup = SignupView.as_view()
logout = LogoutView.as_view()
account_inactive = AccountInactiveView.as_view()
confirm_email = ConfirmEmailView.as_view()
email_verification_sent = EmailVerificationSentView.as_view()
password_reset = PasswordResetView.as_view()
password_reset_done = PasswordResetDoneView.as_view()
password_reset_from_key = PasswordResetFromKeyView.as_view()
password_reset_from_key_done = PasswordResetFromKeyDoneView.as_view()
email = EmailView.as_view()
password_change = PasswordChangeView.as_view()
password_set = PasswordSetView.as_view()
reauthenticate = ReauthenticateView.as_view()
request_reauthentication_code = RequestReauthenticationCodeView.as_view()
confirm_reauthentication_code = ConfirmReauthenticationCodeView.as_view()
