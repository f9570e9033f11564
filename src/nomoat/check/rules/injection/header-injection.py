import smtplib
from email.message import EmailMessage

from flask import Flask, jsonify, make_response, request

app = Flask(__name__)


@app.post("/a")
def mail():
    text = f"Subject: {request.form['subject']}\r\n\r\nHello"
    smtplib.SMTP("mail").sendmail("shop@example.org", "desk@example.org", text)  # expect: header-injection
    return jsonify(done=True)


@app.get("/b")
def answer():
    response = make_response("ok")
    response.headers["X-Name"] = request.args["name"]  # expect: header-injection
    return response


@app.post("/c")
def made():
    message = EmailMessage()
    message["Subject"] = request.form["subject"]
    message.set_content(request.form["text"])
    smtplib.SMTP("mail").send_message(message)
    return jsonify(done=True)


@app.post("/d")
def without_breaks():
    subject = request.form["subject"]
    if "\n" in subject:
        return jsonify(error="one line"), 400
    smtplib.SMTP("mail").sendmail("shop@example.org", "desk@example.org", f"Subject: {subject}\n\nHello")
    return jsonify(done=True)


@app.get("/e")
def number():
    response = make_response("ok")
    response.headers["X-Count"] = str(int(request.args["count"]))
    return response


@app.post("/f")
def constant():
    smtplib.SMTP("mail").sendmail("shop@example.org", request.form["to"], "Subject: Hello\n\nHello")
    return jsonify(done=True)
