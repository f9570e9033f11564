"""`nomoat map diff REV` says nothing where code is only renamed, moved or put into another order."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from nomoat.cli.main import main

FLASK = {
    "shop/__init__.py": "",
    "shop/models.py": "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n\n\nclass Order(db.Model):\n"
    "    id = db.Column(db.Integer, primary_key=True)\n\n\nclass Item(db.Model):\n"
    "    id = db.Column(db.Integer, primary_key=True)\n",
    "shop/views.py": "import os\nimport requests\nfrom flask import Blueprint, abort, session\n"
    "from shop.models import Item, Order, db\nbp = Blueprint('shop', __name__, url_prefix='/shop')\n\n\n"
    "def signed_in():\n    if 'user' not in session:\n        abort(401)\n\n\n"
    "@bp.get('/orders/<int:order_id>')\ndef read(order_id):\n    signed_in()\n"
    "    return Order.query.get_or_404(order_id)\n\n\n"
    "@bp.post('/items')\ndef add():\n    signed_in()\n    db.session.add(Item())\n"
    "    requests.post(os.environ['STOCK_URL'])\n    return ''\n",
    "app.py": "from flask import Flask\nfrom shop.views import bp\napp = Flask(__name__)\napp.register_blueprint(bp)\n",
    "stock/main.py": "print('stock')\n",
    "compose.yaml": "services:\n  shop: {build: ., environment: {STOCK_URL: 'http://stock'}}\n"
    "  stock: {build: ./stock}\n",
}
FLASK_AFTER = {
    "shop/__init__.py": "",
    "shop/models.py": "",
    "shop/data/__init__.py": "",
    "shop/data/tables.py": "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n\n\nclass Item(db.Model):\n"
    "    id = db.Column(db.Integer, primary_key=True)\n\n\nclass Order(db.Model):\n"
    "    id = db.Column(db.Integer, primary_key=True)\n",
    "shop/views.py": "",
    "shop/routes.py": "import os\nimport requests\nfrom flask import Blueprint, abort, session\n"
    "from shop.data.tables import Item as Part, Order, db\n"
    "router = Blueprint('shop', __name__, url_prefix='/shop')\n\n\n"
    "@router.post('/items')\ndef create_item():\n    must_be_here()\n    part = Part()\n    db.session.add(part)\n"
    "    requests.post(os.environ['STOCK_URL'])\n    return ''\n\n\n"
    "def must_be_here():\n    if 'user' not in session:\n        abort(401)\n\n\n"
    "@router.get('/orders/<int:key>')\ndef order(key):\n    must_be_here()\n    return db.get_or_404(Order, key)\n",
    "app.py": "from flask import Flask\nfrom shop.routes import router\n\n\n"
    "def create_app():\n    app = Flask(__name__)\n"
    "    app.register_blueprint(router)\n    return app\n",
}
DJANGO = {
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_.settings')\n",
    "site_/__init__.py": "",
    "site_/settings.py": "ROOT_URLCONF = 'site_.urls'\nMIDDLEWARE = []\nINSTALLED_APPS = ['shop']\n",
    "site_/urls.py": "from django.urls import include, path\nurlpatterns = [path('shop/', include('shop.urls'))]\n",
    "shop/__init__.py": "",
    "shop/models.py": "from django.db import models\n\n\nclass Order(models.Model):\n"
    "    user = models.ForeignKey('auth.User', on_delete=models.CASCADE, related_name='orders')\n",
    "shop/urls.py": "from django.urls import path\nfrom shop import views\n"
    "urlpatterns = [path('orders/', views.orders), path('orders/<int:pk>/', views.Remove.as_view())]\n",
    "shop/views.py": "from django.contrib.auth.decorators import login_required\n"
    "from django.contrib.auth.mixins import LoginRequiredMixin\nfrom django.shortcuts import get_object_or_404\n"
    "from django.views.generic import View\nfrom shop.models import Order\n\n\n"
    "@login_required\ndef orders(request):\n"
    "    return Order.objects.filter(user=request.user)\n\n\nclass Remove(LoginRequiredMixin, View):\n"
    "    def delete(self, request, pk):\n        get_object_or_404(Order, pk=pk).delete()\n",
}
DJANGO_AFTER = {
    "shop/views.py": "",
    "shop/urls.py": "from django.urls import path\nfrom shop.web import remove, show\n"
    "urlpatterns = [path('orders/<int:order_id>/', remove.RemoveOrder.as_view()), path('orders/', show.every_order)]\n",
    "shop/web/__init__.py": "",
    "shop/web/show.py": "from django.contrib.auth.decorators import login_required\nfrom shop import models\n\n\n"
    "@login_required\ndef every_order(request):\n    return models.Order.objects.filter(user=request.user)\n",
    "shop/web/remove.py": "from django.contrib.auth.mixins import LoginRequiredMixin\n"
    "from django.views.generic import View\n"
    "from shop.models import Order\n\n\nclass RemoveOrder(LoginRequiredMixin, View):\n"
    "    def delete(self, request, order_id):\n        order = Order.objects.get(pk=order_id)\n"
    "        order.delete()\n",
}


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def written(folder: Path, files: dict[str, str]) -> None:
    """Writes the files; what is empty, and no `__init__`, is gone."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        if text or path.endswith("__init__.py"):
            (folder / path).write_text(text)
        else:
            (folder / path).unlink(missing_ok=True)


@pytest.mark.parametrize(("before", "after"), [(FLASK, FLASK_AFTER), (DJANGO, DJANGO_AFTER)], ids=["flask", "django"])
def test_renames_moves_and_order_change_nothing(
    before: dict[str, str], after: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, before)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    written(tmp_path, after)

    code = main(["map", "diff", "HEAD", "--path", str(tmp_path)])

    assert ("nothing changed\n", 0) == (capsys.readouterr().out, code)


def test_what_opens_up_is_still_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, DJANGO)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    opened = DJANGO_AFTER["shop/web/show.py"].replace("@login_required\n", "").replace(".filter(", ".update(")
    written(tmp_path, {**DJANGO_AFTER, "shop/web/show.py": opened})

    code = main(["map", "diff", "HEAD", "--path", str(tmp_path)])

    said = capsys.readouterr().out
    assert 1 == code
    assert "!  GET /shop/orders/ became reachable without a sign-in" in said
    assert "!  GET /shop/orders/ now writes shop_order" in said
