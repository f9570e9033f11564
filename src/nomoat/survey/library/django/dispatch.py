"""Django: signals, which call whoever in the tree is connected to them."""

from nomoat.survey import receivers


class Signal:
    def __init__(self, *args, **kwargs):
        self.args = args

    def connect(self, receiver, sender=None, weak=True, dispatch_uid=None):
        return None

    def disconnect(self, receiver=None, sender=None, dispatch_uid=None):
        return None

    def send(self, sender, **named):
        return [(one, one(sender=sender, signal=self, **named)) for one in receivers(self)]

    def send_robust(self, sender, **named):
        return [(one, one(sender=sender, signal=self, **named)) for one in receivers(self)]


def receiver(signal, **kwargs):
    def decorate(function):
        return function

    return decorate
