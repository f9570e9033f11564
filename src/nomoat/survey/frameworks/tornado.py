"""What the model of Tornado says, route by route: each mark is what the map must show."""

import tornado.web
from tornado import websocket
from tornado.web import RequestHandler, StaticFileHandler, authenticated, url


class Base(RequestHandler):
    def get_current_user(self):
        return self.get_secure_cookie("user")


# map: GET / open
class Home(Base):
    def get(self):
        self.write("hello")


# map: GET /orders/{arg0} signed-in
# map: DELETE /orders/{arg0} signed-in
# map: POST /orders/{arg0} open
class Order(Base):
    @authenticated
    async def get(self, number):
        self.write(number)

    @authenticated
    def delete(self, number):
        self.set_status(204)

    def post(self, number):
        if not self.current_user:
            # The answer is 403, and the work is done all the same.
            self.send_error(403)
        pay(number)


def pay(number):
    return number


class Private(Base):
    def prepare(self):
        if self.request.headers.get("Authorization") is None:
            self.set_status(401)
            self.finish({"error": "who are you?"})


# map: PUT /api/things/{name} signed-in
class Thing(Private):
    def put(self, name):
        self.write(name)


# map: GET /admin signed-in
class Admin(Base):
    def get(self):
        if self.current_user != "root":
            raise tornado.web.HTTPError(403)
        self.write("hello")


# map: WS /feed signed-in
class Feed(websocket.WebSocketHandler):
    def open(self):
        if not self.get_signed_cookie("user"):
            self.close()
            return
        self.write_message("hello")


# map: GET /files/{arg0} open
# map: HEAD /files/{arg0} open
HANDLERS = [
    (r"/", Home),
    (r"/orders/(\d+)/?", Order),
    url(r"/api/things/(?P<name>[^/]+)", Thing, name="thing"),
]


def make():
    more = [(r"/feed", Feed), (r"/files/(.*)", StaticFileHandler, {"path": "files"})]
    app = tornado.web.Application(HANDLERS + more, cookie_secret="...", login_url="/login")
    app.add_handlers(r".*", [(r"/admin$", Admin)])
    return app
