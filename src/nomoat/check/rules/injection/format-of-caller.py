from string import Template

from flask import Flask, jsonify, request

app = Flask(__name__)
GREETINGS = {"de": "Hallo {user.name}", "en": "Hello {user.name}"}


class User:
    def __init__(self, name):
        self.name = name


@app.post("/a")
def whole():
    return jsonify(text=request.form["template"].format(user=User("you")))  # expect: format-of-caller


@app.post("/b")
def with_a_frame():
    template = "<p>" + request.get_json()["greeting"] + " {user.name}</p>"
    return jsonify(text=template.format(user=User("you")))  # expect: format-of-caller


@app.post("/c")
def mapped():
    return jsonify(text=request.form["template"].format_map({"user": User("you")}))  # expect: format-of-caller


@app.post("/d")
def data():
    return jsonify(text="Hello {name}".format(name=request.form["name"]))


@app.post("/e")
def chosen():
    return jsonify(text=GREETINGS[request.form["language"]].format(user=User("you")))


@app.post("/f")
def substituted():
    return jsonify(text=Template(request.form["template"]).safe_substitute(name="you"))
