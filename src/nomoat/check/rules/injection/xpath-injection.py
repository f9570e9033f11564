from xml.etree import ElementTree

from flask import Flask, jsonify, request
from lxml import etree

app = Flask(__name__)
USERS = etree.parse("users.xml")
PLAIN = ElementTree.parse("users.xml")


@app.post("/a")
def by_fstring():
    name, password = request.form["name"], request.form["password"]
    found = USERS.xpath(f"//user[name='{name}' and password='{password}']")  # expect: xpath-injection
    return jsonify(found=bool(found))


@app.get("/b")
def by_sum():
    path = "//user[@id='" + request.args["id"] + "']/name"
    return jsonify(name=USERS.xpath(path)[0].text)  # expect: xpath-injection


@app.get("/c")
def compiled():
    return jsonify(found=len(etree.XPath("//" + request.args["tag"])(USERS)))  # expect: xpath-injection


@app.get("/d")
def of_the_library():
    return jsonify(name=PLAIN.find(f".//user[@id='{request.args['id']}']").text)  # expect: xpath-injection


@app.get("/e")
def variable():
    return jsonify(found=len(USERS.xpath("//user[@id=$id]", id=request.args["id"])))


@app.get("/f")
def number():
    return jsonify(found=len(USERS.xpath(f"//user[@id='{int(request.args['id'])}']")))


@app.get("/g")
def compared():
    found = next((one for one in PLAIN.iter("user") if one.get("id") == request.args["id"]), None)
    return jsonify(found=found is not None)


@app.get("/h")
def allowed():
    tag = request.args["tag"]
    if tag not in {"user", "group"}:
        return jsonify(error="no such tag"), 400
    return jsonify(found=len(USERS.xpath(f"//{tag}")))
