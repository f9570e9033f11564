import asyncio
import os
import re
import shlex
import subprocess

from flask import Flask, abort, jsonify, request

app = Flask(__name__)
TOOLS = {"ping": "/bin/ping", "trace": "/usr/bin/traceroute"}


def run(command):
    return subprocess.check_output(command, shell=True)  # expect: command-injection


@app.get("/a")
def by_system():
    os.system("ping -c 1 " + request.args["host"])  # expect: command-injection
    return jsonify(done=True)


@app.get("/b")
def by_helper():
    host = request.args.get("host", "localhost")
    return jsonify(answer=run(f"ping -c 1 {host}").decode())


@app.post("/c")
def by_body():
    data = request.get_json()
    command = "convert {} out.png".format(data["name"])
    return jsonify(out=os.popen(command).read())  # expect: command-injection


@app.post("/d")
def whole_program():
    subprocess.run([request.form["tool"], "--version"])  # expect: command-injection
    return jsonify(done=True)


@app.post("/e")
def by_shell():
    subprocess.run(["sh", "-c", f"grep {request.form['word']} log.txt"])  # expect: command-injection
    return jsonify(done=True)


@app.get("/f")
async def asynchronous():
    process = await asyncio.create_subprocess_shell("ls " + request.args["folder"])  # expect: command-injection
    await process.wait()
    return jsonify(done=True)


@app.get("/g")
def one_argument():
    subprocess.run(["ping", "-c", "1", request.args["host"]], check=True)
    return jsonify(done=True)


@app.get("/h")
def appended():
    command = ["ping", "-c", "1"]
    command.append(request.args["host"])
    subprocess.run(command, check=True)
    subprocess.run(["ping"] + request.args.getlist("host"), check=True)
    return jsonify(done=True)


@app.get("/i")
def quoted():
    os.system("ping -c 1 " + shlex.quote(request.args["host"]))
    return jsonify(done=True)


@app.get("/j")
def matched():
    host = request.args["host"]
    if not re.fullmatch(r"[a-z0-9.-]+", host):
        abort(400)
    os.system(f"ping -c 1 {host}")
    return jsonify(done=True)


@app.get("/k")
def from_a_table():
    tool = TOOLS[request.args["tool"]]
    subprocess.run(f"{tool} localhost", shell=True)
    return jsonify(done=True)


@app.get("/l/<int:count>")
def number(count):
    os.system(f"ping -c {count} -w {int(request.args['wait'])} localhost")
    return jsonify(done=True)


@app.get("/m")
def allowed():
    tool = request.args.get("tool")
    if tool not in TOOLS:
        return jsonify(error="no such tool"), 400
    return jsonify(out=subprocess.check_output(f"{tool} localhost", shell=True).decode())
