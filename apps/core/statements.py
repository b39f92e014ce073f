"""The ORM's own SQL, composed once. For the few paths where a profile shows that composing takes longer than answering.

A queryset composes its text anew each time: some 300 microseconds in Python for what SQLite answers in 20. Here it is
composed once for each database connection, from the models, so that it follows their fields; afterwards only the
arguments change. Rows are written in the same way. What this leaves out: signals of models, and caches of relations.

    RUNNING = Statement(lambda pipeline: Execution.objects.filter(pipeline=pipeline), pipeline=Execution.pipeline)
    RUNNING.rows(pipeline=7)

    RETIRE = Change(lambda pipeline: Execution.objects.filter(pipeline=pipeline), {"is_latest": False}, pipeline=…)
    RETIRE.apply(pipeline=7)
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.query import get_related_populators
from django.db.models.sql import UpdateQuery

from apps.core.prepared import writer

Made = TypeVar("Made", bound=Model)


class Slot(Expression):
    """The place of an argument in a statement."""

    def __init__(self, name: str, field: Field) -> None:
        super().__init__(output_field=field)
        self.name = name
        self.write = writer(field, connection.vendor)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return "%s", [self]

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Slot) and other.name == self.name


class Template(ABC):
    """A queryset with slots for its arguments, which are named with the fields that they are compared with.

    No argument may be None, for SQL says that otherwise.
    """

    def __init__(self, build: Callable[..., QuerySet], **fields: Any) -> None:
        self.build = build
        self.fields = fields

    @abstractmethod
    def compose(self, queryset: QuerySet, database: Any) -> Any:
        """Return what is kept for a connection: the text, and what fills it."""

    def _composed(self, database: Any) -> Any:
        kept: dict[Template, Any] = database.__dict__.setdefault("_headrace_statements", {})
        composed = kept.get(self)
        if composed is None:
            slots = {name: Slot(name, field.field) for name, field in self.fields.items()}
            composed = kept[self] = self.compose(self.build(**slots), database)
        return composed


class Statement(Template):
    """Reads. Shapes: `rows` returns models; for a queryset with `values_list` it returns tuples."""

    def compose(self, queryset: QuerySet, database: Any) -> "Composed":
        return Composed(queryset, database)

    def rows(self, *, most: int | None = None, **arguments: Any) -> list[Any]:
        """Return what matches, the first `most` of it."""
        return self.ask(most=most, **arguments)()

    def ask(self, *, most: int | None = None, **arguments: Any) -> Callable[[], list[Any]]:
        """Ask what `rows` asks. Returns what returns the answer: with PostgreSQL several are waited for at once."""
        database: Any = connections[DEFAULT_DB_ALIAS]  # itself: `connection` looks it up for each attribute
        composed: Composed = self._composed(database)
        text = composed.sql if most is None else f"{composed.sql} LIMIT {most:d}"
        parameters = _filled(composed.parameters, arguments, database)
        found = _answers(database, text, parameters)
        return lambda: composed.read(found())

    def first(self, **arguments: Any) -> Any:
        """Return the first row, or None."""
        found = self.rows(**arguments)
        return found[0] if found else None


class Change(Template):
    """Writes `values`, which are the same each time, to the rows of a queryset."""

    def __init__(self, build: Callable[..., QuerySet], values: Mapping[str, Any], **fields: Any) -> None:
        super().__init__(build, **fields)
        self.values = values

    def compose(self, queryset: QuerySet, database: Any) -> tuple[str, list[Any]]:
        query: Any = queryset.query.chain(UpdateQuery)
        query.add_update_values(self.values)
        return _with_constants(*query.get_compiler(connection=database).as_sql())

    def apply(self, **arguments: Any) -> int:
        """Return how many rows were changed."""
        database = connections[DEFAULT_DB_ALIAS]
        text, parameters = self._composed(database)
        with database.cursor() as cursor:
            cursor.execute(text, _filled(parameters, arguments, database))
            return cursor.rowcount

    def order(self, **arguments: Any) -> None:
        """Have it done, whatever number of rows that changes."""
        database = connections[DEFAULT_DB_ALIAS]
        text, parameters = self._composed(database)
        carry_out(database, text, _filled(parameters, arguments, database))


def _answers(database: Any, text: str, parameters: Sequence[Any]) -> Callable[[], Iterable[Sequence[Any]]]:
    if database.vendor == "postgresql":
        sent = database.send(text, parameters)

        def rows() -> Iterable[Sequence[Any]]:
            database.settle()
            with database.wrap_database_errors:
                found: Iterable[Sequence[Any]] = sent.fetchall()
            return found

        return rows
    with database.cursor() as cursor:
        cursor.execute(text, parameters)
        found = cursor.fetchall()
    return lambda: found


def carry_out(database: Any, text: str, parameters: Sequence[Any]) -> None:
    """Have a statement done whose rows nobody reads. With PostgreSQL, within a transaction, its errors come later: with
    the answer to what is asked next, or to the commit.
    """
    if database.vendor == "postgresql":
        database.send(text, parameters)
        return
    with database.cursor() as cursor:
        cursor.execute(text, parameters)


def _filled(parameters: Sequence[Any], arguments: Mapping[str, Any], database: Any) -> list[Any]:
    return [part.write(arguments[part.name], database) if isinstance(part, Slot) else part for part in parameters]


def _with_constants(text: str, parameters: Sequence[Any]) -> tuple[str, list[Any]]:
    """Write what is the same each time into a text. A database holds it against the conditions of its indexes then.

    SQLite does that with parameters only by preparing the text anew for each value, and with lists of them not at all.
    """
    pieces = text.split("%s")
    assert len(pieces) == len(parameters) + 1, text
    whole, left = [pieces[0]], []
    for parameter, piece in zip(parameters, pieces[1:], strict=True):
        is_constant = isinstance(parameter, str)  # names of states and the like, from our own code
        whole.append("'" + parameter.replace("'", "''").replace("%", "%%") + "'" if is_constant else "%s")
        whole.append(piece)
        if not is_constant:
            left.append(parameter)
    return "".join(whole), left


class Composed:
    """The text of a statement, and how its rows are read."""

    def __init__(self, queryset: QuerySet, database: Any) -> None:
        compiler = queryset.query.get_compiler(connection=database)
        self.sql, self.parameters = _with_constants(*compiler.as_sql(with_col_aliases=False))
        self.model: type[Model] = queryset.model
        self.as_tuples = bool(queryset.query.values_select)
        self.convert = [
            (place, _in_turn(steps, expression, database))
            for place, (steps, expression) in compiler.get_converters([item[0] for item in compiler.select]).items()
        ]
        if not self.as_tuples:
            info: dict[str, Any] = compiler.klass_info
            first, *_, last = info["select_fields"]
            self.start, self.end = first, last + 1
            self.names = [item[0].target.attname for item in compiler.select[self.start : self.end]]
            self.related = get_related_populators(info, compiler.select, database.alias)  # type: ignore[call-arg]

    def read(self, found: Iterable[Sequence[Any]]) -> list[Any]:
        rows = [self._converted(row) for row in found] if self.convert else found
        if self.as_tuples:
            return [tuple(row) for row in rows]
        return [self._model(row) for row in rows]

    def _converted(self, row: Sequence[Any]) -> list[Any]:
        values = list(row)
        for place, convert in self.convert:
            if values[place] is not None:
                values[place] = convert(values[place])
        return values

    def _model(self, row: Sequence[Any]) -> Model:
        made = model_of(self.model, self.names, row[self.start : self.end])
        for related in self.related:
            related.populate(row, made)
        return made


def _in_turn(steps: Sequence[Callable[..., Any]], expression: Any, database: Any) -> Callable[[Any], Any]:
    if len(steps) == 1:
        only = steps[0]
        return lambda value: only(value, expression, database)

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, expression, database)
        return value

    return convert


def model_of(model: type[Made], names: Sequence[str], values: Sequence[Any]) -> Made:
    """Build a model from the first of `values`; fields that are not among `names` are read when they are asked for.

    As `Model.from_db` does, without its round through `__init__`, which sets each attribute by itself.
    """
    made = model.__new__(model)
    made._state = ModelState()
    made._state.adding, made._state.db = False, DEFAULT_DB_ALIAS
    made.__dict__.update(zip(names, values, strict=False))
    return made


def relate(row: Model, name: str, other: Model) -> None:
    """Keep the row that a foreign key points to, which is known to be it."""
    row._state.fields_cache[name] = other


def insert(*rows: Model, keys: bool = True) -> None:
    """Write new rows of one model in one statement. A key that the database makes is filled in, with `keys`."""
    makes_key = rows[0].pk is None
    database: Any = connections[DEFAULT_DB_ALIAS]  # itself, for the same reason as above
    text, places = _insertion(type(rows[0]), len(rows), makes_key, makes_key and keys)
    parameters = [write(read(row), database) for row in rows for read, write in places]
    if makes_key and keys:
        for row, made in zip(rows, _answers(database, text, parameters)(), strict=True):
            row.pk = made[0]
    else:
        carry_out(database, text, parameters)
    for row in rows:
        row._state.adding, row._state.db = False, database.alias


def ask_key(model: type[Model]) -> Callable[[], int | None]:
    """Ask for the key of a row that may be inserted. Returns what returns it; None: it comes with the row.

    With PostgreSQL the row need not be waited for then. A key that is not used is none the worse.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "postgresql":
        return lambda: None
    table, column = database.ops.quote_name(model._meta.db_table), model._meta.pk.column
    found = _answers(database, "SELECT nextval(pg_get_serial_sequence(%s, %s))", [table, column])

    def key() -> int:
        ((made,),) = found()
        return int(made)

    return key


def update(row: Model, *names: str) -> None:
    """Write some fields of a row, all where none is named. Raises DatabaseError when it is not there any more.

    With PostgreSQL nobody waits for the answer, so the statement itself fails there.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]
    text, places = _change(type(row), names)
    parameters = [write(read(row), database) for read, write in places]
    if database.vendor == "postgresql":
        database.send(text, parameters)
        return
    with database.cursor() as cursor:
        cursor.execute(text, parameters)
        if cursor.rowcount != 1:
            raise DatabaseError(f"{row._meta.object_name} {row.pk} is not there any more.")


Read = Callable[[Any], Any]
Write = Callable[[Any, Any], Any]


@lru_cache(maxsize=256)
def _insertion(
    model: type[Model], number: int, makes_key: bool, returns_key: bool
) -> tuple[str, list[tuple[Read, Write]]]:
    name: Callable[[Any], str] = connection.ops.quote_name
    key = model._meta.pk
    fields = [field for field in model._meta.concrete_fields if not (makes_key and field is key)]
    columns = ", ".join(name(field.column) for field in fields)
    places = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * number)
    text = f"INSERT INTO {name(model._meta.db_table)} ({columns}) VALUES {places}"  # noqa: S608  names of fields only
    text = f"{text} RETURNING {name(key.column)}" if returns_key else text
    return text, [(_reader(field, adds=True), writer(field, connection.vendor)) for field in fields]


@lru_cache(maxsize=256)
def _change(model: type[Model], names: tuple[str, ...]) -> tuple[str, list[tuple[Read, Write]]]:
    name: Callable[[Any], str] = connection.ops.quote_name
    key = model._meta.pk
    others: Iterable[Any] = (field for field in model._meta.concrete_fields if field is not key)
    fields: list[Any] = [model._meta.get_field(each) for each in names] if names else list(others)
    changes = ", ".join(f"{name(field.column)} = %s" for field in fields)
    text = f"UPDATE {name(model._meta.db_table)} SET {changes} WHERE {name(key.column)} = %s"  # noqa: S608  the same
    if connection.vendor == "postgresql":
        text = f"WITH changed AS ({text} RETURNING 1) SELECT 1 / count(*) FROM changed"  # noqa: S608  the same
    return text, [(_reader(field, adds=False), writer(field, connection.vendor)) for field in (*fields, key)]


def _reader(field: Any, *, adds: bool) -> Read:
    if adds and (getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)):
        return lambda row: field.pre_save(row, True)
    return attrgetter(field.attname)
