from urllib.parse import urlsplit

from tornado.web import RequestHandler
from tornado.websocket import WebSocketHandler


class Live(WebSocketHandler):
    def check_origin(self, origin):  # expect: any-origin-socket
        return True


class Base(WebSocketHandler):
    def check_origin(self, origin):  # expect: any-origin-socket
        """Browsers of everybody may connect."""
        return True


class LiveOfOurs(WebSocketHandler):
    def check_origin(self, origin):
        return urlsplit(origin).hostname == "boards.example"


class LiveOfNobody(WebSocketHandler):
    def check_origin(self, origin):
        return False


class LiveAsUsual(WebSocketHandler):
    def on_message(self, message):
        self.write_message(message)


class Page(RequestHandler):
    def check_something(self):
        return True
