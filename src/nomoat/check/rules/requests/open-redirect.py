from urllib.parse import urljoin, urlparse

from django.utils.http import url_has_allowed_host_and_scheme
from flask import Flask, abort, redirect, render_template, request, url_for

app = Flask(__name__)
HOSTS = {"shop.example.org", "pay.example.org"}
HOME = "/home"


@app.get("/a")
def plain():
    return redirect(request.args["next"])  # expect: open-redirect


@app.post("/b")
def or_default():
    target = request.args.get("next") or url_for("plain")
    return redirect(target)  # expect: open-redirect


@app.get("/c")
def begins_with_a_slash_is_not_enough():
    target = request.args.get("next", "/")
    if not target.startswith("/"):
        abort(400)
    return redirect(target)  # expect: open-redirect


@app.get("/d")
def of_another_scheme():
    return redirect("https://" + request.args["host"] + "/")  # expect: open-redirect


@app.get("/e")
def fixed_host():
    return redirect(f"https://shop.example.org/{request.args['page']}")


@app.get("/f")
def own_route():
    return redirect(url_for("plain", next=request.args["next"]))


@app.get("/g")
def tested_host():
    target = request.args["next"]
    if urlparse(target).netloc not in HOSTS:
        abort(400)
    return redirect(target)


def is_safe(target):
    here, there = urlparse(request.host_url), urlparse(urljoin(request.host_url, target))
    return there.scheme in ("http", "https") and here.netloc == there.netloc


@app.get("/h")
def asked():
    target = request.args.get("next")
    if not is_safe(target):
        return abort(400)
    return redirect(target)


@app.get("/i")
def one_of_few():
    target = request.args["next"]
    return redirect(target if target in ("/orders", "/account") else "/")


@app.get("/j")
def one_slash():
    target = request.args["next"]
    if target.startswith("/") and not target.startswith("//"):
        return redirect(target)
    return render_template("home.html")


@app.get("/k")
def within():
    return redirect("/search?q=" + request.args["q"])


@app.get("/l")
def query_behind_an_own_path():
    return redirect("?".join([url_for("plain"), request.args["q"]]))


@app.get("/m")
def put_before_an_own_path():
    return redirect("/".join([request.args["shop"], "orders"]))  # expect: open-redirect


@app.get("/n")
def formatted_behind_an_own_path():
    return redirect("{}?{}&page=".format(url_for("plain"), request.args["q"]) + "1")


@app.get("/o")
def formatted_by_names():
    return redirect("{path}#{mark}".format(path=HOME, mark=request.args["mark"]))


@app.get("/p")
def formatted_before_an_own_path():
    return redirect("{}/{}".format(request.args["shop"], url_for("plain")))  # expect: open-redirect


@app.get("/q")
def formatted_as_the_host():
    return redirect("https://{}/orders".format(request.args["shop"]))  # expect: open-redirect


@app.get("/r")
def empty_or_ours():
    target = request.args.get("next")
    if target and not url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        target = None
    return redirect(target or "/")


@app.get("/s")
def none_or_ours():
    target = request.args.get("next")
    if target is not None and not url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        target = "/"
    return redirect(target or "/")


@app.get("/t")
def empty_or_short():
    target = request.args.get("next")
    if target and len(target) > 100:
        target = None
    return redirect(target or "/")  # expect: open-redirect
