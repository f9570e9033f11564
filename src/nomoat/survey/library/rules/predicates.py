"""django-rules: functions that say whether somebody may, and what is put together of them."""

from nomoat.survey import called_with


class Predicate:
    def __init__(self, fn, name=None, bind=False):
        self.fn = fn.fn if isinstance(fn, Predicate) else fn

    def __call__(self, *args, **kwargs):
        return called_with(self.fn, *args, **kwargs)

    def test(self, obj=None, target=None):
        return called_with(self.fn, obj, target)

    def __and__(self, other):
        def both(obj=None, target=None):
            return self.test(obj, target) and other.test(obj, target)

        return Predicate(both)

    def __or__(self, other):
        def either(obj=None, target=None):
            return self.test(obj, target) or other.test(obj, target)

        return Predicate(either)

    def __invert__(self):
        def opposite(obj=None, target=None):
            return not self.test(obj, target)

        return Predicate(opposite)


def predicate(fn=None, name=None, **options):
    if callable(fn):
        return fn if isinstance(fn, Predicate) else Predicate(fn)
    return Predicate


def _always(obj=None, target=None):
    return True


def _never(obj=None, target=None):
    return False


def _is_authenticated(user):
    return user.is_authenticated


def _is_superuser(user):
    return user.is_superuser


def _is_staff(user):
    return user.is_staff


def _is_active(user):
    return user.is_active


always_true = Predicate(_always)
always_false = Predicate(_never)
always_allow = Predicate(_always)
always_deny = Predicate(_never)
is_authenticated = Predicate(_is_authenticated)
is_superuser = Predicate(_is_superuser)
is_staff = Predicate(_is_staff)
is_active = Predicate(_is_active)


def is_group_member(*groups):
    def among(user):
        return user.is_authenticated and user.groups.filter(name__in=groups).exists()

    return Predicate(among)
