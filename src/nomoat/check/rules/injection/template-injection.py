import jinja2
from jinja2.sandbox import SandboxedEnvironment
from flask import Flask, render_template, render_template_string, request
from markupsafe import escape

app = Flask(__name__)
PAGE = "<h1>Hello {{ name }}</h1>"
PAGES = {"short": "{{ name }}", "long": PAGE}


@app.get("/a")
def by_fstring():
    return render_template_string(f"<h1>Hello {request.args['name']}</h1>")  # expect: template-injection


@app.get("/b")
def by_percent():
    page = "<h1>Hello %s</h1>" % request.args.get("name")
    return render_template_string(page)  # expect: template-injection


@app.post("/c")
def whole():
    template = jinja2.Template(request.form["template"])  # expect: template-injection
    return template.render(name="you")


@app.post("/d")
def of_environment():
    return jinja2.Environment().from_string(request.get_json()["text"]).render()  # expect: template-injection


@app.get("/e/<name>")
def escaped_is_not_enough(name):
    return render_template_string("<h1>" + escape(name) + "</h1>")  # expect: template-injection


@app.get("/f")
def passed():
    return render_template_string(PAGE, name=request.args["name"])


@app.get("/g")
def of_a_file():
    return render_template("hello.html", name=request.args["name"])


@app.get("/h")
def chosen():
    return render_template_string(PAGES[request.args["page"]], name="you")


@app.get("/i")
def number():
    return render_template_string(f"<h1>{int(request.args['id'])}</h1>")


@app.get("/j")
def rendered():
    return jinja2.Template(PAGE, autoescape=True).render(name=request.args["name"])


class Letters:
    def __init__(self):
        self.env: jinja2.Environment = SandboxedEnvironment()
        self.open = jinja2.Environment()

    def in_a_sandbox(self, text):
        return self.env.from_string(text).render()  # expect: template-injection

    def in_the_open(self, text):
        return self.open.from_string(text).render()  # expect: template-injection


@app.post("/k")
def letter():
    return {"text": Letters().in_a_sandbox(request.form["text"]), "more": Letters().in_the_open(request.form["more"])}
