import sqlite3

from argon2 import PasswordHasher
from fastapi import Depends, FastAPI
from flask import Flask, request
from pydantic import BaseModel
from pymongo import MongoClient
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import Session, declarative_base

app = Flask(__name__)
api = FastAPI()
Base = declarative_base()
people = MongoClient()["shop"]["people"]


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    hashed_password = Column(String)


class Member(Base):
    __tablename__ = "members"
    id = Column(Integer, primary_key=True)
    kept = Column("password", String)

    @property
    def password(self):
        return self.kept

    @password.setter
    def password(self, given):
        self.kept = PasswordHasher().hash(given)


class Registration(BaseModel):
    name: str
    password: str


def run(statement, *values):
    return sqlite3.connect("shop.db").execute(statement, values)


@api.post("/users")
def joined(body: Registration, rows: Session = Depends()):
    rows.add(User(name=body.name, hashed_password=body.password))  # expect: unhashed-password


@api.post("/users/well")
def joined_well(body: Registration, rows: Session = Depends()):
    rows.add(User(name=body.name, hashed_password=PasswordHasher().hash(body.password)))


@api.post("/members")
def joined_behind_a_property(body: Registration, rows: Session = Depends()):
    rows.add(Member(password=body.password))


@app.post("/a")
def written():
    password = request.form["password"]
    run("INSERT INTO users (name, password) VALUES (?, ?)", request.form["name"], password)  # expect: unhashed-password
    return ""


@app.post("/b")
def written_well():
    password = PasswordHasher().hash(request.form["password"])
    run("INSERT INTO users (name, password) VALUES (?, ?)", request.form["name"], password)
    return ""


@app.post("/c")
def hashed_by_the_database():
    given = request.form["password"]
    run("INSERT INTO users (name, password) VALUES (?, crypt(?, gen_salt('bf')))", request.form["name"], given)
    return ""


@app.post("/d")
def kept_as_a_document():
    given = request.get_json()
    people.insert_one({"name": given["name"], "password": given["password"]})  # expect: unhashed-password
    return ""


@app.post("/e")
def kept_well_as_a_document():
    given = request.get_json()
    people.insert_one({"name": given["name"], "password": PasswordHasher().hash(given["password"])})
    return ""


@app.post("/f")
def looked_up():
    run("SELECT id FROM users WHERE name = ? AND mail = ?", request.form["name"], request.form["mail"])
    return ""
