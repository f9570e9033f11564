from fastapi import Depends
from flask_pymongo import PyMongo
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase
from pymongo import MongoClient
from pymongo.database import Database

client = MongoClient("mongodb://localhost")
db = client["shop"]
orders = db["orders"]
mongo = PyMongo()


class Adapter:
    def __init__(self, database):
        self.db = database
        self.cases = self.db["cases"]

    def case(self, key):
        return self.cases.find_one({"_id": key})

    def close(self, key):
        self.cases.update_one({"_id": key}, {"$set": {"open": False}})


def get_db() -> AsyncIOMotorDatabase:
    return AsyncIOMotorClient("mongodb://localhost").shop


adapter = Adapter(db)


def listed():  # store: reads orders
    return list(orders.find({"state": "new"}))


def created():  # store: writes users
    db.users.insert_one({"name": "ana"})


def changed(key):  # store: writes orders
    db["orders"].update_one({"_id": key}, {"$set": {"state": "sent"}})


def both(key):  # store: reads items; writes items
    return db.get_collection("items").find_one_and_update({"_id": key}, {"$inc": {"n": 1}})


def of_flask(key):  # store: reads tickets; writes tickets
    ticket = mongo.db.tickets.find_one({"_id": key})
    mongo.db.tickets.delete_one({"_id": ticket["_id"]})


async def injected(database: AsyncIOMotorDatabase = Depends(get_db)):  # store: reads bills
    return await database["bills"].count_documents({})


def annotated(database: Database):  # store: writes bills
    database.bills.delete_many({})


def not_known(database):  # store: writes audit
    database["audit"].insert_one({"what": "read"})


def of_adapter(key):  # store: reads cases
    return adapter.case(key)


def closed(key):  # store: writes cases
    adapter.close(key)
