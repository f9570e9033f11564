"""Accounts of a package that is not here, looked up by what a caller without a credential does not have."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
from pyramid.authentication import AuthTktAuthenticationPolicy
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden
from pyramid.security import authenticated_userid
from pyramid.view import view_config
{head}


def account(request):
    found = {query}
    if not found:
        raise HTTPForbidden()
    return found


@view_config(route_name="orders")
def orders(request):
    account(request)
    return {{}}


def main(global_config, **settings):
    config = Configurator(settings=settings)
    config.set_authentication_policy(AuthTktAuthenticationPolicy("x"))
    config.add_route("orders", "/orders")
    config.scan()
    return config.make_wsgi_app()
"""
_THEIRS = "from shop import Order, User"
_OWN = """
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    login = Column(String)
    name = Column(String, nullable=False)
"""


@pytest.mark.parametrize(
    ("head", "query", "is_guarded"),
    [
        (_THEIRS, "User.query.filter_by(login=authenticated_userid(request)).first()", True),
        (_THEIRS, "User.query.filter_by(username=request.authenticated_userid).first()", True),
        (_THEIRS, "User.query.filter_by(id=request.authenticated_userid).first()", True),
        # Rows that belong to nobody are found by nobody's key.
        (_THEIRS, "Order.query.filter_by(user_id=request.authenticated_userid).first()", False),
        (_THEIRS, "User.query.filter_by(email=request.authenticated_userid).first()", False),
        # What anybody may ask for is found by anybody.
        (_THEIRS, 'User.query.filter_by(login=request.params.get("login")).first()', False),
        (_THEIRS, "User.query.first()", False),
        (_OWN, "User.query.filter_by(id=request.authenticated_userid).first()", True),
    ],
)
def test_nobody_is_found_by_what_each_account_has(head: str, query: str, is_guarded: bool, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SOURCE.format(head=head, query=query))

    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert (route.verdict == "guarded") == is_guarded
