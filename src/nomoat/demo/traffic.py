"""The people of the demo: customers who shop, staff who work, and an attacker with a leaked password.

`python -m nomoat.demo.traffic NAME`, in a kept project whose services run, signs NAME in and reads orders 1 to 50.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Client:
    """One person at the shop. `statuses` counts the answers."""

    base_url: str
    name: str
    token: str = ""
    statuses: Counter[int] = field(default_factory=Counter)

    def ask(self, method: str, path: str, body: object = None, *, base_url: str = "") -> int:
        """Sends one request and gives the status of its answer; 0 when nothing answered."""
        headers = {"content-type": "application/json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{base_url or self.base_url}{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                self._kept = answer.read()
                status = int(answer.status)
        except urllib.error.HTTPError as error:
            self._kept = error.read()
            status = error.code
        except OSError:
            self._kept = b""
            status = 0
        self.statuses[status] += 1
        return status

    _kept: bytes = b""

    def sign_in(self, password: str) -> int:
        """Signs in and keeps the token."""
        status = self.ask("POST", "/login", {"name": self.name, "password": password})
        if status == 200:
            self.token = str(json.loads(self._kept)["token"])
        return status

    def answer(self) -> bytes:
        """The body of the last answer."""
        return self._kept


def an_ordinary_moment(customers: list[Client], staff: list[Client], billing_url: str, turn: int) -> None:
    """What happens in the shop in a quiet second: every customer looks at and orders something, staff do their work."""
    for number, customer in enumerate(customers):
        customer.ask("GET", "/products")
        customer.ask("GET", "/me")
        customer.ask("GET", "/orders")
        own = _own_orders(customer)
        if own:
            customer.ask("GET", f"/orders/{own[(turn + number) % len(own)]}")
        if turn % 3 == 0:
            customer.ask("POST", "/orders", {"product": turn % 12 + 1, "address": "1 Quay"})
    support, admin = staff
    support.ask("GET", "/customers/ana")
    support.ask("GET", "/orders/1")
    admin.ask("GET", "/admin/stats")
    if turn == 0:
        admin.ask("GET", "/admin/users")
        admin.ask("POST", "/invoices/run", {}, base_url=billing_url)


def _own_orders(customer: Client) -> list[int]:
    try:
        listed = json.loads(customer.answer())
    except ValueError:
        return []
    return [int(order["id"]) for order in listed] if isinstance(listed, list) else []


def enumerate_orders(attacker: Client, *, first: int, last: int) -> int:
    """Reads order after order, whoever owns it; gives how many were read."""
    return sum(attacker.ask("GET", f"/orders/{number}") == 200 for number in range(first, last + 1))


def hammer(attacker: Client, *, times: int) -> None:
    """Knocks at the doors that the attacker has heard of."""
    for _ in range(times):
        attacker.ask("GET", "/admin/export")
        attacker.ask("GET", "/admin/users")


def main(name: str) -> int:
    """Reads order after order in the name of somebody; gives 1 where that one cannot sign in."""
    client = Client(os.environ["SHOP_URL"], name)
    status = client.sign_in(os.environ.get(f"{name.upper()}_PASSWORD", ""))
    if status != 200:
        print(f"{name} cannot sign in at {client.base_url}: {status or 'nothing answers; does the shop run?'}")
        return 1
    read = enumerate_orders(client, first=1, last=50)
    print(f"{name} asked for orders 1 to 50 and read {read}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
