"""What the model of Flask-AppBuilder says, route by route: each mark is what the map must show."""

from flask import Flask
from flask_appbuilder import AppBuilder, BaseView, IndexView, ModelRestApi, ModelView, expose, has_access
from flask_appbuilder.api import BaseApi, protect, rison, safe
from flask_appbuilder.hooks import before_request
from flask_appbuilder.security.decorators import has_access_api, permission_name

app = Flask(__name__)
app.config["FAB_ADD_SECURITY_VIEWS"] = False
# map: GET /static/{filename} open
# map: HEAD /static/{filename} open
# map: GET /static/appbuilder/{filename} open
# map: HEAD /static/appbuilder/{filename} open
# map: GET /back open
# map: HEAD /back open
# map: GET /lang/{locale} open
# map: HEAD /lang/{locale} open
# map: GET /api/v1/menu/ needs can_get on MenuApi
# map: HEAD /api/v1/menu/ needs can_get on MenuApi


# map: GET / open
# map: HEAD / open
class Start(IndexView):
    pass


class Reports(BaseView):
    route_base = "/reports"

    # map: GET /reports/all needs can_all on Reports
    # map: HEAD /reports/all needs can_all on Reports
    @expose("/all")
    @has_access
    def all(self):
        return "all"

    # The decorator that asks stands around what is exposed, all the same.
    # map: GET /reports/{pk} needs can_read on Reports
    # map: HEAD /reports/{pk} needs can_read on Reports
    # map: POST /reports/{pk} needs can_read on Reports
    @has_access_api
    @permission_name("read")
    @expose("/<int:pk>", methods=["GET", "POST"])
    def one(self, pk):
        return "one"

    # map: GET /reports/plain open
    # map: HEAD /reports/plain open
    @expose("/plain")
    def plain(self):
        return "plain"


# map: GET /orders/list/ needs can_read on Sales
# map: HEAD /orders/list/ needs can_read on Sales
# map: GET /orders/add needs can_add on Sales
# map: HEAD /orders/add needs can_add on Sales
# map: POST /orders/add needs can_add on Sales
class Orders(ModelView):
    class_permission_name = "Sales"
    method_permission_name = {"list": "read"}
    include_route_methods = {"list", "add"}


# map: GET /api/v1/order/ needs can_get on OrderApi
# map: HEAD /api/v1/order/ needs can_get on OrderApi
# map: POST /api/v1/order/ needs can_post on OrderApi
# map: PUT /api/v1/order/{pk} needs can_put on OrderApi
# map: POST /api/v1/order/{pk}/refund needs can_refund on OrderApi
class OrderApi(ModelRestApi):
    resource_name = "order"
    exclude_route_methods = {"info", "get", "delete"}
    allow_browser_login = True

    @expose("/<int:pk>/refund", methods=["POST"])
    @protect()
    @safe
    @permission_name("refund")
    @rison()
    def refund(self, pk, **kwargs):
        return self.response(200)


class Switched(BaseApi):
    version = "v2"

    @before_request(only=["told"])
    def is_on(self):
        return None if app.config.get("SWITCHED") else self.response_404()

    # map: GET /api/v2/switched/told open
    # map: HEAD /api/v2/switched/told open
    @expose("/told")
    def told(self):
        return self.response(200)


appbuilder = AppBuilder(app, indexview=Start)
appbuilder.add_view(Reports(), "Reports")
appbuilder.add_view(Orders, "Orders", category="Shop")
appbuilder.add_api(OrderApi)
appbuilder.add_view_no_menu(Switched)
