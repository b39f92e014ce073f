"""What `env.py` reads, and that it names the variable and the way out in what it refuses."""

from pathlib import Path

import pytest

from pipelines_project import env
from pipelines_project.env import SettingError

NAME = "HEADRACE_TEST_VALUE"


@pytest.fixture
def given(monkeypatch):
    """Set the variable, or unset it by None."""

    def give(value: str | None, name: str = NAME) -> None:
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)

    give(None)
    return give


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("TRUE", True), ("yes", True), (" on ", True), ("0", False), ("No", False), ("off", False)],
)
def test_a_boolean_is_read_in_any_usual_word(given, value, expected):
    given(value)
    assert env.boolean(NAME, default=not expected) is expected


@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_empty_variable_is_as_good_as_none(given, value):
    given(value)
    assert env.boolean(NAME, default=True) is True
    assert env.integer(NAME, default=7) == 7
    assert env.seconds(NAME, default=1.5) == 1.5


@pytest.mark.parametrize("value", ["2", "ja", "truee"])
def test_a_word_that_is_neither_yes_nor_no_is_refused(given, value):
    given(value)
    with pytest.raises(SettingError, match=f"{NAME} is '{value}'. Set it to 1 or 0."):
        env.boolean(NAME, default=False)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("ten", "is 'ten'. Set it to a whole number"),
        ("1.5", "is '1.5'. Set it to a whole number"),
        ("0", "is 0. Set it to 1 or more"),
    ],
)
def test_a_number_out_of_its_range_is_refused(given, value, sentence):
    given(value)
    with pytest.raises(SettingError, match=f"{NAME} {sentence}"):
        env.integer(NAME, default=5, minimum=1)


@pytest.mark.parametrize("value", ["soon", "-1", "inf", "nan", "1e999"])
def test_seconds_are_a_finite_number(given, value):
    given(value)
    with pytest.raises(SettingError, match=NAME):
        env.seconds(NAME, default=5)


def test_seconds_may_be_a_fraction(given):
    given("0.25")
    assert env.seconds(NAME, default=5) == 0.25


def test_a_choice_is_one_of_those_named(given):
    given("uvicorn")
    assert env.text(NAME, "daphne", choices=("daphne", "uvicorn")) == "uvicorn"
    given("apache")
    with pytest.raises(SettingError, match="is 'apache'. Set it to one of: daphne, uvicorn"):
        env.text(NAME, "daphne", choices=("daphne", "uvicorn"))


def test_words_are_separated_by_commas(given):
    given(" a, b ,,c ")
    assert env.words(NAME, default=["x"]) == ["a", "b", "c"]
    given("")
    assert env.words(NAME, default=["x"]) == []
    given(None)
    assert env.words(NAME, default=["x"]) == ["x"]


def test_a_path_is_made_absolute(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given("data")
    assert env.path(NAME, default=Path("/elsewhere")) == tmp_path / "data"


def test_a_secret_is_read_from_its_variable_then_its_file_then_the_fallback(given, tmp_path):
    named, fallback = tmp_path / "named", tmp_path / "fallback"
    named.write_text("of the named file\n")
    fallback.write_text("of the fallback\n")
    assert env.secret(NAME, fallback=fallback) == "of the fallback"
    given(str(named), f"{NAME}_FILE")
    assert env.secret(NAME, fallback=fallback) == "of the named file"
    given("itself")
    assert env.secret(NAME, fallback=fallback) == "itself"


def test_a_secret_that_is_nowhere_is_refused(given, tmp_path):
    with pytest.raises(SettingError, match=rf"{NAME} is not set and .*cannot be read.*set {NAME} or {NAME}_FILE"):
        env.secret(NAME, fallback=tmp_path / "none")


def test_a_named_file_that_is_missing_does_not_fall_back(given, tmp_path):
    """Otherwise a typing error would quietly seal everything with another key."""
    fallback = tmp_path / "fallback"
    fallback.write_text("of the fallback")
    given(str(tmp_path / "typo"), f"{NAME}_FILE")
    with pytest.raises(SettingError):
        env.secret(NAME, fallback=fallback)


@pytest.mark.parametrize("content", ["", " \n"])
def test_an_empty_file_holds_no_secret(given, tmp_path, content):
    empty = tmp_path / "empty"
    empty.write_text(content)
    with pytest.raises(SettingError, match="is empty"):
        env.secret(NAME, fallback=empty)


def test_no_database_address_means_sqlite_in_the_data_directory(given, tmp_path):
    found = env.database(NAME, default_file=tmp_path / "a.sqlite3")
    assert found == {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "a.sqlite3")}


def test_a_database_address_is_taken_apart_and_decoded(given):
    given("postgresql://me:p%40ss%2Fword@db.internal:6432/head%20race?sslmode=require")
    assert env.database(NAME, default_file=Path("x")) == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "head race",
        "USER": "me",
        "PASSWORD": "p@ss/word",
        "HOST": "db.internal",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "require"},
    }


def test_a_socket_folder_may_be_the_host(given):
    given("postgres:///headrace?host=/run/postgresql")
    found = env.database(NAME, default_file=Path("x"))
    assert (found["HOST"], found["PORT"], found["OPTIONS"]) == ("/run/postgresql", "", {})


@pytest.mark.parametrize("address", ["mysql://h/d", "headrace.sqlite3", "//h/d"])
def test_another_kind_of_database_is_refused_without_its_password(given, address):
    given(address.replace("//h", "//me:hidden@h"))
    with pytest.raises(SettingError, match=f"{NAME} starts with") as refusal:
        env.database(NAME, default_file=Path("x"))
    assert "hidden" not in str(refusal.value)


@pytest.mark.parametrize("port", ["many", "70000"])
def test_a_port_that_is_none_is_refused(given, port):
    given(f"postgresql://me:hidden@h:{port}/d")
    with pytest.raises(SettingError, match=f"{NAME} names a port that is none") as refusal:
        env.database(NAME, default_file=Path("x"))
    assert "hidden" not in str(refusal.value)
