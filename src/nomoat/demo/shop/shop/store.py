"""The shop's database."""

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

DATABASE = os.environ.get("SHOP_DB", "shop.db")

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, email TEXT NOT NULL, password TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY, owner TEXT NOT NULL, product INTEGER NOT NULL, status TEXT NOT NULL, address TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS refunds (order_id INTEGER NOT NULL, amount INTEGER NOT NULL, by TEXT NOT NULL);
"""

PEOPLE = [("ana", "customer"), ("ben", "customer"), ("mallory", "customer"), ("kim", "support"), ("olga", "admin")]


@contextmanager
def connect() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(DATABASE, timeout=10)
    connection.row_factory = sqlite3.Row
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def hashed(password: str, salt: str) -> str:
    return salt + ":" + hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**14, r=8, p=1).hex()


def prepare(passwords: dict[str, str]) -> None:
    """Makes the tables and their first rows; nothing happens to a database that has them."""
    with connect() as connection:
        connection.executescript(SCHEMA)
        for name, role in PEOPLE:
            connection.execute(
                "INSERT OR IGNORE INTO users VALUES (?, ?, ?, ?)",
                (name, role, f"{name}@shop.test", hashed(passwords[name], f"salt-of-{name}")),
            )
        for number in range(1, 13):
            lamp = (number, f"Lamp {number}", 900 + number)
            connection.execute("INSERT OR IGNORE INTO products VALUES (?, ?, ?)", lamp)
        for number in range(1, 101):
            owner = ("ana", "ben", "mallory")[0 if number % 9 else 2] if number % 2 else "ben"
            connection.execute(
                "INSERT OR IGNORE INTO orders VALUES (?, ?, ?, ?, ?)",
                (number, owner, number % 12 + 1, "paid", f"{number} Harbour Street"),
            )
