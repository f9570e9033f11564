import defusedxml.ElementTree
from flask import Flask, jsonify, request
from lxml import etree

app = Flask(__name__)
CLOSED = etree.XMLParser(resolve_entities=False, no_network=True)


@app.post("/a")
def open_parser():
    parser = etree.XMLParser(resolve_entities=True, load_dtd=True)
    return jsonify(name=etree.fromstring(request.data, parser).findtext("name"))  # expect: xml-external-entity


@app.post("/b")
def default():
    return jsonify(name=etree.fromstring(request.get_data()).findtext("name"))  # expect: xml-external-entity


@app.post("/c")
def upload():
    tree = etree.parse(request.files["file"], etree.XMLParser())  # expect: xml-external-entity
    return jsonify(name=tree.findtext("name"))


@app.post("/d")
def closed():
    return jsonify(name=etree.fromstring(request.data, CLOSED).findtext("name"))


@app.post("/e")
def closed_by_name():
    parser = etree.XMLParser(resolve_entities=False)
    return jsonify(name=etree.fromstring(request.data, parser=parser).findtext("name"))


@app.post("/f")
def defused():
    return jsonify(name=defusedxml.ElementTree.fromstring(request.data).findtext("name"))


@app.post("/g")
def of_ours():
    return jsonify(name=etree.parse("/srv/ours.xml").findtext(f"name{int(request.form['number'])}"))
