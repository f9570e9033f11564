"""Django REST framework: throttles count requests, whoever sends them; nobody is asked who he is."""


class BaseThrottle:
    def allow_request(self, request, view):
        return True

    def wait(self):
        return None


class SimpleRateThrottle(BaseThrottle):
    pass


class AnonRateThrottle(SimpleRateThrottle):
    pass


class UserRateThrottle(SimpleRateThrottle):
    pass


class ScopedRateThrottle(SimpleRateThrottle):
    pass
