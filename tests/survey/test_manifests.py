"""Manifests: who runs, under which names, with which settings; whatever stands in them, reading ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.survey.readers.manifests import Manifests, host_of, read

COMPOSE = """\
x-common: &common
  environment: {LOG: info}
services:
  orders:
    <<: *common
    build: {context: ./orders}
    environment:
      - PAYMENTS_URL=${PAYMENTS_URL:-http://payments:8000}
      - PASSWORD=hunter2
      - DB=db:5432
  payments:
    build: payments
    networks: {inner: {aliases: [pay]}}
  db: {image: "postgres:16"}
"""
KUBERNETES = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders}
spec:
  template:
    metadata: {labels: {app: orders}}
    spec:
      containers:
        - image: shop/orders:1
          envFrom: [{configMapRef: {name: hosts}}]
          env:
            - {name: KEY, valueFrom: {secretKeyRef: {name: keys, key: pay}}}
            - {name: BILLS, valueFrom: {configMapKeyRef: {name: hosts, key: BILLING_URL}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: hosts}
data: {BILLING_URL: "http://billing.default.svc:80/x"}
---
apiVersion: v1
kind: Service
metadata: {name: shop-orders}
spec: {selector: {app: orders}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front}
spec:
  rules: [{host: shop.example, http: {paths: [{path: /, backend: {service: {name: shop-orders}}}]}}]
"""


def of(tmp_path: Path, **files: str) -> Manifests:
    """What is read of these files; `__` in a name stands for a dot."""
    names = [name.replace("__", ".") for name in files]
    for name, text in zip(names, files.values(), strict=True):
        (tmp_path / name).write_text(text)
    return read(tmp_path, names)


def test_compose_says_names_folders_and_hosts_and_keeps_no_value(tmp_path: Path) -> None:
    found = of(tmp_path, compose__yaml=COMPOSE)

    orders, payments, db = found.workloads
    assert ("orders", "payments", None) == (orders.folder, payments.folder, db.folder)
    assert ("payments", "pay") == payments.names
    assert {"PAYMENTS_URL": "payments:8000", "PASSWORD": "", "DB": "db:5432"} == {
        one.name: one.host for one in orders.settings
    }
    assert [] == found.problems


def test_kubernetes_joins_pods_services_maps_and_ingresses(tmp_path: Path) -> None:
    found = of(tmp_path, all__yaml=KUBERNETES)

    (orders,) = found.workloads
    hosts = {one.name: (one.host, one.is_secret) for one in orders.settings}
    assert {"BILLING_URL": ("billing.default.svc:80", False), "KEY": ("", True),
            "BILLS": ("billing.default.svc:80", False)} == hosts  # fmt: skip
    assert {"shop-orders", "shop-orders.default.svc.cluster.local", "shop.example"} <= set(orders.names)


def test_examples_of_environment_files_name_hosts(tmp_path: Path) -> None:
    found = of(tmp_path, __env__example="# A=http://a\nexport PAY=https://user:secret@pay:8443/x\nDEBUG=1\n")

    assert [("PAY", "pay:8443"), ("DEBUG", "")] == [(one.name, one.host) for one in found.examples[""]]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("services: [a", "no manifest that can be read"),
        ("services: 3", "its services are no map"),
        ("services: {a: 3}", "the service a is no map"),
        ("services: {a: {environment: 3}}", "neither a map nor a list"),
        ("services: {a: {image: {{ .Values.image }} }}", "a template"),
        ("services: !!python/object:os.system {}", "no manifest that can be read"),
        ("a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"b{n}: &b{n} [{','.join(['*' + ('a' if not n else f'b{n - 1}')] * 9)}]\n" for n in range(8)
        ), "no manifest that can be read"),
    ],
)  # fmt: skip
def test_mistakes_are_said_and_nothing_else_is_lost(tmp_path: Path, text: str, why: str) -> None:
    found = of(tmp_path, compose__yaml=text, other__yaml=KUBERNETES)

    assert any(why in said for _, said in found.problems)
    assert ["orders"] == [one.name for one in found.workloads if one.name == "orders"]


@given(st.text(max_size=200))
def test_any_text_ends(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "compose.yaml").write_text("services:\n" + text, encoding="utf-8", errors="replace")

    assert isinstance(read(folder, ["compose.yaml"]), Manifests)
    assert "@" not in host_of(text)
