from bson import ObjectId
from flask import Flask, jsonify, request
from pydantic import BaseModel
from pymongo import MongoClient

app = Flask(__name__)
db = MongoClient()["shop"]


class Login(BaseModel):
    name: str
    password: str


@app.post("/a")
def fields():
    data = request.get_json()
    user = db.users.find_one({"name": data["name"], "password": data["password"]})  # expect: nosql-injection
    return jsonify(found=user is not None)


@app.post("/b")
def whole():
    return jsonify(list(db.orders.find(request.json)))  # expect: nosql-injection


@app.post("/c")
def removed():
    wanted = {"owner": request.json.get("owner")}
    db["orders"].delete_many(wanted)  # expect: nosql-injection
    return jsonify(done=True)


@app.get("/d")
def script():
    name = request.args["name"]
    return jsonify(list(db.orders.find({"$where": f"this.name == '{name}'"})))  # expect: nosql-injection


@app.get("/e")
def of_the_query():
    return jsonify(found=db.users.find_one({"name": request.args["name"]}) is not None)


@app.post("/f")
def made_text():
    data = request.get_json()
    return jsonify(found=db.users.find_one({"name": str(data["name"])}) is not None)


@app.post("/g")
def tested():
    name = request.get_json()["name"]
    if not isinstance(name, str):
        return jsonify(error="a text"), 400
    return jsonify(found=db.users.find_one({"name": name}) is not None)


@app.post("/h")
def by_id():
    return jsonify(found=db.users.find_one({"_id": ObjectId(request.json["id"])}) is not None)


@app.post("/i")
def by_model():
    login = Login.model_validate(request.get_json())
    return jsonify(found=db.users.find_one({"name": login.name}) is not None)


@app.post("/j")
def equal():
    return jsonify(found=db.users.find_one({"name": f"{request.json['name']}"}) is not None)
