"""What may stand for an attribute of SQLAlchemy's rows, and what is refused since rows would say something else."""

from __future__ import annotations

import decimal
import enum
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    column_property,
    composite,
    mapped_column,
    relationship,
    with_loader_criteria,
)
from sqlalchemy.pool import StaticPool

from nomoat.guard.asked import AttributeTypeError
from nomoat.guard.data import sqlalchemy as library
from tests.policy.filters.cases import asked_of

OWN = "resource.owner == subject.sub"


class Color(enum.Enum):
    RED = "red"


class Reversed(sa.TypeDecorator[str]):
    """Holds something else than the service reads."""

    impl = sa.String
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        return value if value is None else value[::-1]


class OwnString(sa.String):
    pass


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    owner: Mapped[str | None] = mapped_column("held_by")
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("things.id"))
    parent: Mapped[Thing | None] = relationship(remote_side=[id])
    color: Mapped[Color | None]
    key: Mapped[uuid.UUID | None]
    price: Mapped[decimal.Decimal | None]
    weight: Mapped[float | None]
    made: Mapped[Any] = mapped_column(sa.DateTime, nullable=True)
    raw: Mapped[bytes | None]
    data: Mapped[Any] = mapped_column(sa.JSON, nullable=True)
    turned: Mapped[Any] = mapped_column(Reversed, nullable=True)
    ours: Mapped[Any] = mapped_column(OwnString, nullable=True)
    either: Mapped[Any] = mapped_column(sa.String().with_variant(sa.Integer(), "sqlite"), nullable=True)
    longer: Mapped[Any] = mapped_column(sa.String(9).with_variant(sa.Text(), "sqlite"), nullable=True)
    padded: Mapped[Any] = mapped_column(sa.CHAR(8), nullable=True)
    loud: Mapped[str | None] = column_property(sa.func.upper(owner, type_=sa.String()))
    pair = composite(lambda one, two: (one, two), "kind", "owner")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "thing"}

    @hybrid_property
    def keeper(self) -> str | None:
        return self.owner


class Book(Thing):
    """One more table."""

    __tablename__ = "books"
    id: Mapped[int] = mapped_column(sa.ForeignKey("things.id"), primary_key=True)
    reader: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "book"}


class Pen(Thing):
    """The same table."""

    __mapper_args__ = {"polymorphic_identity": "pen"}


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    with Session(engine) as opened:
        opened.add_all([Thing(id=1, owner="ana", price=decimal.Decimal("1.50")), Thing(id=2, owner="ben")])
        opened.flush()
        opened.add_all([Book(id=3, owner="ana", reader="ben"), Book(id=4, owner="ben", reader="ana")])
        opened.add_all([Pen(id=5, owner="ana"), Pen(id=6, owner=None), Pen(id=7, owner="ben", parent_id=1)])
        opened.flush()
        yield opened
    engine.dispose()


def _where(model: Any = None, when: str = OWN, sub: str = "ana", **columns: Any) -> Any:
    """The expression for a caller of this name."""
    asked = asked_of(when.replace("subject.sub", "subject.name"), name=sub)
    left = asked.left()
    if model is not None:
        columns = library.columns_of(model, ["owner", "reader", "keeper", "loud"]) | columns
    return library.filtered(left, columns, model, lambda: None).expression


def _ids(session: Session, statement: Any) -> list[int]:
    return sorted(session.scalars(statement))


def test_inheritance_keeps_to_its_rows(session: Session) -> None:
    polymorphic = sa.orm.with_polymorphic(Thing, [Book])

    assert [1, 3, 5] == _ids(session, sa.select(Thing.id).where(_where(Thing)))
    assert [3] == _ids(session, sa.select(Book.id).where(_where(Book)))
    assert [5] == _ids(session, sa.select(Pen.id).where(_where(Pen)))
    assert [4] == _ids(session, sa.select(Book.id).where(_where(Book, when="resource.reader == subject.sub")))
    assert [4] == _ids(session, sa.select(polymorphic.id).where(_where(owner=polymorphic.Book.reader)))


def test_names_are_those_of_attributes_and_not_of_columns(session: Session) -> None:
    assert [1, 3, 5] == _ids(session, sa.select(Thing.id).where(_where(Thing)))
    assert {"owner": Thing.owner} == library.columns_of(Thing, ["owner", "held_by", "parent"])
    assert "held_by" in library.columns_of(Thing.__table__, ["owner", "held_by"])


def test_hybrids_and_column_properties_are_what_they_say_in_sql(session: Session) -> None:
    assert [1, 3, 5] == _ids(session, sa.select(Thing.id).where(_where(Thing, when="resource.keeper == subject.sub")))
    assert [1, 3, 5] == _ids(session, sa.select(Thing.id).where(_where(Thing, when="resource.loud == 'ANA'")))


def test_aliases_subqueries_and_joins(session: Session) -> None:
    child, parent = aliased(Thing), aliased(Thing)
    inner = sa.select(Thing.id, Thing.owner).subquery()
    common = sa.select(Thing.id, Thing.owner).cte()
    outer = sa.select(child.id).join(parent, child.parent_id == parent.id, isouter=True)

    assert [7] == _ids(session, outer.where(_where(parent)))
    assert [6] == _ids(session, sa.select(Thing.id).where(_where(Thing, when="!has(resource.owner)")))
    # Where there is no parent, there is no owner: an error, and not a difference.
    assert [] == _ids(session, outer.where(_where(parent, when="resource.owner != 'ana'")))
    assert [1, 3, 5] == _ids(session, sa.select(inner.c.id).where(_where(inner)))
    assert [1, 3, 5] == _ids(session, sa.select(common.c.id).where(_where(common)))
    exists = sa.exists().where(child.id == Thing.parent_id, _where(child))
    assert [7] == _ids(session, sa.select(Thing.id).where(exists))
    assert [7] == _ids(session, sa.select(Thing.id).where(Thing.parent.has(_where(Thing.parent.entity.class_))))


def test_queries_updates_and_criteria_of_the_loader(session: Session) -> None:
    criteria = with_loader_criteria(Thing, _where(Thing), include_aliases=True)

    assert [1, 3, 5] == sorted(row.id for row in session.query(Thing).filter(_where(Thing)))
    assert [1, 3, 5] == sorted(row.id for row in session.scalars(sa.select(Thing).options(criteria)))
    held: Any = Thing.__table__
    with session.begin_nested() as inner:
        changed: Any = session.execute(sa.update(held).where(_where(owner=held.c.held_by)).values(held_by="eve"))
        assert 3 == changed.rowcount
        inner.rollback()


def _cache_key(condition: Any) -> Any:
    key = sa.select(Thing.id).where(condition)._generate_cache_key()
    assert key is not None
    return key.key


def test_a_cached_statement_never_keeps_another_callers_values(session: Session) -> None:
    shown = [_ids(session, sa.select(Thing.id).where(_where(Thing, sub=name))) for name in ("ana", "ben", "eve", "ana")]

    assert [[1, 3, 5], [2, 4, 7], [], [1, 3, 5]] == shown
    assert _cache_key(_where(Thing, sub="ana")) == _cache_key(_where(Thing, sub="ben"))


def test_other_conditions_have_other_cached_statements(session: Session) -> None:
    whens = (OWN, "resource.owner != subject.sub", "resource.owner.startsWith(subject.sub)", "!has(resource.owner)")

    keys = {_cache_key(_where(Thing, when=when)) for when in whens}

    assert len(whens) == len(keys)


DIALECTS: list[Any] = [postgresql.dialect, sa.create_engine("sqlite://").dialect.__class__, lambda: None]
_ODD = "a'; --"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("when", [OWN, f'resource.owner in ["x", "{_ODD}"]', "resource.owner.contains(subject.sub)"])
def test_values_are_parameters(dialect: Any, when: str) -> None:
    compiled = _where(Thing, when=when, sub=_ODD).compile(dialect=dialect())

    assert "; --" not in str(compiled)
    assert "a'; --" in str(compiled.params)


@pytest.mark.parametrize(
    "column",
    [Thing.color, Thing.key, Thing.price, Thing.weight, Thing.made, Thing.raw, Thing.data, Thing.turned, Thing.ours,
     Thing.either, Thing.padded, Thing.parent, Thing.pair, Thing, Thing.__table__, sa.text("held_by"), sa.null(),
     sa.literal_column("held_by"), sa.select(Thing.owner), sa.tuple_(Thing.owner, Thing.kind), sa.func.now(),
     sa.cast(Thing.owner, sa.CHAR(3)), sa.type_coerce(Thing.owner, Reversed())],
)  # fmt: skip
def test_what_the_service_reads_otherwise_than_the_database_is_refused(column: Any) -> None:
    with pytest.raises(AttributeTypeError):
        _where(owner=column)


@pytest.mark.parametrize(
    "column",
    [Thing.longer, sa.cast(Thing.price, sa.String), sa.cast(Thing.key, sa.String), Thing.data["owner"].as_string(),
     sa.func.lower(Thing.owner, type_=sa.String()), sa.func.coalesce(Thing.owner, "nobody"), sa.literal("x"),
     Thing.owner + "@here", sa.case((Thing.id > 1, Thing.owner), else_="x")],
)  # fmt: skip
def test_any_expression_of_a_type_that_conditions_know_is_a_column(column: Any, session: Session) -> None:
    asked = asked_of(OWN.replace("subject.sub", "subject.name"), name="ana")
    values: list[tuple[int, Any]] = sorted(map(tuple, session.execute(sa.select(Thing.id, column))))

    shown = _ids(session, sa.select(Thing.id).where(_where(owner=column)))

    assert [number for number, value in values if asked.allows({"owner": value})] == shown
