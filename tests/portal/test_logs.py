"""The log of an action: as text, as lines, and by the REST API."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from apps.jobs.services import append_log
from tests.factories import NOW, attempt_at, first_execution, make_account, make_pipeline
from tests.portal.visits import address, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def action():
    return attempt_at(first_execution(make_pipeline()), "Fetch")


@pytest.fixture
def client(action):
    return signed_in(action.account)


def write(action, content: bytes, start: int = 0) -> None:
    append_log(action.account, action.pk, start=start, content=content, now=NOW)


def read(client, action, page: str = "log", **query):
    return client.get(address(page, action.account, action_execution_id=action.pk), query)


def shown(answer) -> list[str]:
    return re.findall(r"<li[^>]*>(.*?)</li>", answer.content.decode())


def api(action_execution_id) -> str:
    return f"/api/v1/action-executions/{action_execution_id}/log/"


def test_a_log_is_plain_text_with_its_offsets(client, action):
    write(action, b"one\ntwo\n")
    answer = read(client, action, start=4)
    assert answer.content == b"two\n"
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert (answer["X-Log-Start"], answer["X-Log-End"]) == ("4", "8")


def test_what_was_not_written_is_empty(client, action):
    answer = read(client, action)
    assert (answer.content, answer["X-Log-End"]) == (b"", "0")


def test_without_a_start_the_whole_log_comes(client, action):
    write(action, b"x" * 300_000)
    assert len(read(client, action).content) == 300_000
    assert len(read(client, action, start=0).content) == 262_144


@pytest.mark.parametrize("cut", range(1, 4))
def test_a_character_that_is_half_written_waits(cut, client, action):
    whole = "🌊".encode()
    write(action, b"a" + whole[:cut])
    answer = read(client, action, start=0)
    assert (answer.content.decode(), answer["X-Log-End"]) == ("a", "1")
    write(action, whole[cut:], start=1 + cut)
    assert read(client, action, start=1).content.decode() == "🌊"


def test_bytes_that_are_no_text_are_marked(client, action):
    write(action, b"\xff\xfe ok\n")
    assert read(client, action).content.decode() == "\ufffd\ufffd ok\n"


@pytest.mark.parametrize("start", ["-1", "x", "1e3", "٣", "9" * 16, "1.0"])
def test_an_offset_that_is_none_is_not_found(start, client, action):
    assert read(client, action, start=start).status_code == 404


def test_lines_are_escaped_and_coloured(client, action):
    write(action, b"\x1b[31m<b>red</b>\x1b[0m & plain\n")
    assert shown(read(client, action, "log-lines")) == [
        '<span class="ansi-red">&lt;b&gt;red&lt;/b&gt;</span> &amp; plain'
    ]


def test_the_line_that_is_being_written_comes_again(client, action):
    write(action, b"one\ntw")
    answer = read(client, action, "log-lines")
    assert (shown(answer), answer["X-Log-End"]) == (["one", "tw"], "4")
    write(action, b"o\n", start=6)
    answer = read(client, action, "log-lines", start=4)
    assert (shown(answer), answer["X-Log-End"]) == (["two"], "8")


def test_a_line_without_end_is_shown_in_pieces(client, action):
    write(action, b"y" * 262_150)
    answer = read(client, action, "log-lines")
    assert (len(shown(answer)), answer["X-Log-End"]) == (1, "262144")
    assert shown(read(client, action, "log-lines", start=262_144)) == ["y" * 6]


def test_the_page_shows_the_end_of_a_long_log(client, action):
    write(action, b"".join(b"line %05d\n" % number for number in range(20_000)))
    page = address("pipeline", action.account, name=action.pipeline.name)
    html = client.get(page, {"selected": "Source/Fetch"}).content.decode()
    lines = re.findall(r"<li>(line \d+)</li>", html)
    assert lines[-1] == "line 19999"
    assert 1000 < len(lines) < 7000
    assert 'data-log-end="220000"' in html


@pytest.mark.parametrize("page", ["log", "log-lines"])
def test_the_log_of_another_account_is_not_found(page, action):
    write(action, b"secret\n")
    stranger = make_account("Strangers")
    own_path = address(page, stranger, action_execution_id=action.pk)
    assert signed_in(stranger).get(own_path).status_code == 404


def test_the_api_gives_a_stretch(client, action):
    write(action, b"one\ntwo\n")
    assert client.get(api(action.pk), {"start": 4}).json() == {"content": "two\n", "start": 4, "end": 8}


@pytest.mark.parametrize("start", ["-1", "x", "9" * 30])
def test_the_api_refuses_an_offset_that_is_none(start, client, action):
    assert client.get(api(action.pk), {"start": start}).status_code == 400


def test_the_api_hides_what_is_not_theirs_as_if_it_were_missing(action):
    stranger = signed_in(make_account("Strangers"))
    theirs, missing = stranger.get(api(action.pk)), stranger.get(api(uuid4()))
    assert (theirs.status_code, theirs.content) == (404, missing.content)


def test_the_api_asks_who_it_is(action):
    assert Client().get(api(action.pk)).status_code == 401
