"""Django: signing in and out. Whom the credentials of a form belong to, a store says."""

from django.contrib.auth.backends import user_of


def authenticate(request=None, **credentials):
    return user_of(**credentials)


def login(request, user, backend=None):
    pass


def logout(request):
    pass


def get_user(request):
    return request.user


def update_session_auth_hash(request, user):
    pass
