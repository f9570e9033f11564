"""What the model of Flask says, route by route: each mark is what the map must show."""

from functools import wraps

from flask import Blueprint, Flask, abort, g, jsonify, redirect, request, session, url_for
from flask.views import MethodView, View
from flask_jwt_extended import get_jwt, jwt_required
from flask_login import current_user, login_required
from flask_restful import Api, Resource

app = Flask(__name__)
# map: GET /static/{filename} open
# map: HEAD /static/{filename} open


@app.before_request
def load_user():
    user_id = session.get("user_id")
    g.user = None if user_id is None else find_user(user_id)


# map: GET / open
# map: HEAD / open
@app.route("/")
def home():
    return "hello"


# map: GET /me signed-in
# map: HEAD /me signed-in
@app.get("/me")
def me():
    if g.user is None:
        return redirect(url_for("home"))
    return jsonify(g.user)


# map: GET /account signed-in
# map: HEAD /account signed-in
@app.route("/account")
@login_required
def account():
    return "account"


# A decorator above the one that registers never runs.
# map: POST /late open
@login_required
@app.post("/late")
def late():
    return "late"


def needs_role(role):
    def decorator(function):
        @wraps(function)
        def inner(*args, **kwargs):
            if not current_user.is_authenticated:
                abort(401)
            if current_user.role != role:
                abort(403)
            return function(*args, **kwargs)

        return inner

    return decorator


admin = Blueprint("admin", __name__, url_prefix="/never")


# map: POST /admin/refund needs role:admin
@admin.route("/refund", methods=["POST"])
@needs_role("admin")
def refund():
    return "", 204


orders = Blueprint("orders", __name__, url_prefix="/orders")


@orders.before_request
def only_signed_in():
    if request.endpoint == "orders.public":
        return None
    if "user_id" not in session:
        return jsonify(error="sign in"), 401
    return None


# map: GET /orders/public open
# map: HEAD /orders/public open
@orders.route("/public")
def public():
    return "all"


# map: GET /orders/{order_id} signed-in
# map: HEAD /orders/{order_id} signed-in
@orders.route("/<int:order_id>")
def read(order_id):
    return jsonify(order_id=order_id)


# map: GET /items/{item_id} signed-in
# map: HEAD /items/{item_id} signed-in
# map: DELETE /items/{item_id} signed-in
class Item(MethodView):
    decorators = [login_required]

    def get(self, item_id):
        return "item"

    def delete(self, item_id):
        return "", 204


# map: GET /about open
# map: HEAD /about open
class About(View):
    def dispatch_request(self):
        return "about"


# map: GET /api/reports open
# map: HEAD /api/reports open
# map: DELETE /api/reports needs role:admin
class Reports(Resource):
    def get(self):
        return []

    @jwt_required()
    def delete(self):
        if get_jwt()["role"] != "admin":
            return {"error": "no"}, 403
        return {}, 204


api = Api(app, prefix="/api")
api.add_resource(Reports, "/reports")
app.register_blueprint(admin, url_prefix="/admin")
app.register_blueprint(orders)
app.add_url_rule("/items/<item_id>", view_func=Item.as_view("item"))
app.add_url_rule("/about", view_func=About.as_view("about"))
