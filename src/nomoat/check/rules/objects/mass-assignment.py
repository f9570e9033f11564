from flask import Flask, jsonify, request, session
from flask_sqlalchemy import SQLAlchemy
from marshmallow import Schema, fields
from pydantic import BaseModel
from sqlalchemy import update

app = Flask(__name__)
db = SQLAlchemy(app)
FIELDS = ("name", "mail")


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)
    mail = db.Column(db.String)
    is_admin = db.Column(db.Boolean, default=False)


class UserIn(BaseModel):
    name: str
    mail: str


class UserSchema(Schema):
    name = fields.Str()
    mail = fields.Str()


def own():
    return session["user"]


@app.post("/a")
def made():
    db.session.add(User(**request.get_json()))  # expect: mass-assignment
    return jsonify(done=True)


@app.put("/b/<int:user_id>")
def set_one_by_one(user_id):
    user = db.session.get(User, user_id)
    for name, value in request.json.items():
        setattr(user, name, value)  # expect: mass-assignment
    return jsonify(done=True)


@app.put("/c/<int:user_id>")
def updated(user_id):
    data = request.get_json()
    db.session.get(User, user_id).__dict__.update(data)  # expect: mass-assignment
    return jsonify(done=True)


@app.post("/d")
def of_form():
    db.session.add(User(**request.form.to_dict()))  # expect: mass-assignment
    return jsonify(done=True)


@app.put("/e/<int:user_id>")
def by_key(user_id):
    user = db.session.get(User, user_id)
    for name in request.form:
        setattr(user, name, request.form[name])  # expect: mass-assignment
    return jsonify(done=True)


@app.post("/f")
def named():
    data = request.get_json()
    db.session.add(User(name=data["name"], mail=data["mail"]))
    return jsonify(done=True)


@app.post("/g")
def chosen():
    data = request.get_json()
    db.session.add(User(**{name: data[name] for name in FIELDS}))
    return jsonify(done=True)


@app.put("/h/<int:user_id>")
def tested(user_id):
    user = db.session.get(User, user_id)
    for name, value in request.json.items():
        if name in FIELDS:
            setattr(user, name, value)
    return jsonify(done=True)


@app.put("/i/<int:user_id>")
def by_name(user_id):
    user = db.session.get(User, user_id)
    for name in FIELDS:
        setattr(user, name, request.json[name])
    return jsonify(done=True)


@app.post("/j")
def by_model():
    given = UserIn.model_validate(request.get_json())
    db.session.add(User(**given.model_dump()))
    return jsonify(done=True)


@app.post("/k")
def by_schema():
    db.session.add(User(**UserSchema().load(request.get_json())))
    return jsonify(done=True)


@app.put("/l/<int:user_id>")
def by_schema_one_by_one(user_id):
    user = db.session.get(User, user_id)
    for name, value in UserSchema().load(request.get_json()).items():
        setattr(user, name, value)
    return jsonify(done=True)


@app.put("/m")
def by_query():
    User.query.filter_by(id=own()).update(request.get_json())  # expect: mass-assignment
    return jsonify(done=True)


@app.put("/n")
def by_query_and_name():
    User.query.filter_by(id=own()).update({"name": request.get_json()["name"]})
    User.query.filter_by(id=own()).update({User.mail: request.get_json()["mail"]})
    return jsonify(done=True)


@app.put("/o")
def by_statement():
    db.session.execute(update(User).where(User.id == own()).values(request.get_json()))  # expect: mass-assignment
    return jsonify(done=True)


@app.put("/p")
def by_statement_and_name():
    db.session.execute(update(User).where(User.id == own()).values({"name": request.get_json()["name"]}))
    return jsonify(done=True)


@app.post("/q")
def several():
    rows = [given for given in request.get_json()]
    db.session.add_all([User(**row) for row in rows])  # expect: mass-assignment
    return jsonify(done=True)


@app.post("/r")
def several_by_model():
    rows = []
    for given in request.get_json():
        row = UserIn.model_validate(given).model_dump()
        row["is_admin"] = False
        rows.append(row)
    db.session.add_all([User(**row) for row in rows])
    return jsonify(done=True)
