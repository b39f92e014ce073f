"""Settings from the environment: what is read, and what is refused with its name and the way out."""

from pathlib import Path

import pytest

from pipelines_project import env
from pipelines_project.env import SettingError

NAME = "HEADRACE_TESTED"


@pytest.fixture
def given(monkeypatch):
    return lambda value, name=NAME: monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("value", "read", "sentence"),
    [
        ("maybe", lambda: env.boolean(NAME, default=False), "Set it to 1 or 0"),
        ("many", lambda: env.integer(NAME, default=1), "whole number"),
        ("1.5", lambda: env.integer(NAME, default=1), "whole number"),
        ("0", lambda: env.integer(NAME, default=1, minimum=1), "1 or more"),
        ("-1", lambda: env.integer(NAME, default=1), "0 or more"),
        ("soon", lambda: env.seconds(NAME, default=1), "number of seconds"),
        ("-0.1", lambda: env.seconds(NAME, default=1), "0.0 seconds or more"),
        ("nan", lambda: env.seconds(NAME, default=1), "seconds or more"),
        ("inf", lambda: env.seconds(NAME, default=1), "seconds or more"),
        ("ftp", lambda: env.text(NAME, choices=("http", "https")), "one of: http, https"),
        ("mysql://h/d", lambda: env.database(NAME, default_file=Path("x")), "Use postgresql://"),
        ("not an address", lambda: env.database(NAME, default_file=Path("x")), "Use postgresql://"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(given, value, read, sentence):
    given(value)
    with pytest.raises(SettingError, match=sentence) as refusal:
        read()
    assert NAME in str(refusal.value)


@pytest.mark.parametrize(
    ("value", "read", "expected"),
    [
        ("yes", lambda: env.boolean(NAME, default=False), True),
        ("Off", lambda: env.boolean(NAME, default=True), False),
        (" 7 ", lambda: env.integer(NAME, default=1), 7),
        ("0.25", lambda: env.seconds(NAME, default=1), 0.25),
        (" a, b ,,c", lambda: env.words(NAME), ["a", "b", "c"]),
        ("", lambda: env.words(NAME, default=["a"]), []),
        ("", lambda: env.integer(NAME, default=3), 3),
        ("", lambda: env.boolean(NAME, default=True), True),
        ("/tmp/../srv", lambda: env.path(NAME, default=Path("x")), Path("/srv")),
    ],
)
def test_what_can_be_read_is(given, value, read, expected):
    given(value)
    assert read() == expected


def test_without_the_variable_the_default_holds():
    assert env.integer(NAME, default=4) == 4
    assert env.words(NAME, default=["a"]) == ["a"]
    assert env.path(NAME, default=Path("x")) == Path("x")


def test_a_secret_is_taken_from_the_variable_then_its_file_then_ours(given, tmp_path):
    ours, named = tmp_path / "ours", tmp_path / "named"
    ours.write_text("of ours\n")
    named.write_text("of the file\n")
    assert env.secret(NAME, fallback=ours) == "of ours"
    given(str(named), f"{NAME}_FILE")
    assert env.secret(NAME, fallback=ours) == "of the file"
    given("given")
    assert env.secret(NAME, fallback=ours) == "given"


def test_a_secret_that_is_nowhere_is_refused_without_a_word_of_others(given, tmp_path):
    with pytest.raises(SettingError, match=f"{NAME} is not set"):
        env.secret(NAME, fallback=tmp_path / "none")
    given(str(tmp_path), f"{NAME}_FILE")
    with pytest.raises(SettingError, match="cannot be read"):
        env.secret(NAME, fallback=tmp_path / "none")


def test_a_database_address_is_taken_apart(given):
    given("postgresql://ada:p%40ss@db.example:5433/head%20race?sslmode=require")
    found = env.database(NAME, default_file=Path("x"))
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == ("ada", "p@ss", "db.example", "5433")
    assert (found["NAME"], found["OPTIONS"]) == ("head race", {"sslmode": "require"})


def test_no_database_address_means_a_file(tmp_path):
    found = env.database(NAME, default_file=tmp_path / "headrace.sqlite3")
    assert found["NAME"] == str(tmp_path / "headrace.sqlite3")


@pytest.mark.parametrize("content", ["", " \n"])
def test_an_empty_file_holds_no_secret(given, tmp_path, content):
    empty = tmp_path / "empty"
    empty.write_text(content)
    with pytest.raises(SettingError, match=f"{NAME} is not set and .* is empty"):
        env.secret(NAME, fallback=empty)


def test_a_named_file_that_is_missing_does_not_fall_back_to_another_secret(given, tmp_path):
    ours = tmp_path / "ours"
    ours.write_text("of ours")
    given(str(tmp_path / "mistyped"), f"{NAME}_FILE")
    with pytest.raises(SettingError, match="cannot be read"):
        env.secret(NAME, fallback=ours)


@pytest.mark.parametrize("port", ["many", "70000"])
def test_a_port_that_is_none_is_refused_without_the_password(given, port):
    given(f"postgresql://ada:hidden@db.example:{port}/headrace")
    with pytest.raises(SettingError, match=f"{NAME} names a port that is none") as refusal:
        env.database(NAME, default_file=Path("x"))
    assert "hidden" not in str(refusal.value)


def test_a_secret_that_may_be_left_out_is_read_from_a_file_too(given, tmp_path):
    assert env.optional_secret(NAME) == ""
    file = tmp_path / "secret"
    file.write_text("of a file\n")
    given(str(file), f"{NAME}_FILE")
    assert env.optional_secret(NAME) == "of a file"
    given("of the variable")
    assert env.optional_secret(NAME) == "of the variable"


def test_a_secret_that_may_be_left_out_is_missed_in_the_file_that_is_named(given, tmp_path):
    given(str(tmp_path / "mistyped"), f"{NAME}_FILE")
    with pytest.raises(SettingError, match="cannot be read"):
        env.optional_secret(NAME)
