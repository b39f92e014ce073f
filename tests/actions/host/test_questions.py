"""What a provider asks of Headrace while it works, and how it is answered."""

import pytest

from apps.actions.host import ChildPool, Finished, Refused
from headrace_sdk import Failed, Succeeded
from tests.actions.host.test_pool import PLUGIN, make_order

FACTS = {"bucket": "sources", "key": "site.zip", "etag": "e", "size": 1, "metadata": {}}


@pytest.fixture(scope="module")
def pool():
    pool = ChildPool(1, modules=[PLUGIN], grace_seconds=0.5)
    yield pool
    pool.close()


@pytest.fixture
def run(pool, tmp_path):
    def run_mode(mode, on_question=None, deadline_seconds=10.0, **configuration):
        order = make_order(tmp_path, mode, configuration=configuration)
        answered = {} if on_question is None else {"on_question": on_question}
        return pool.run(order, on_log=lambda data: None, deadline_seconds=deadline_seconds, **answered)

    return run_mode


def test_a_question_is_answered_and_the_step_goes_on(run):
    asked = []

    def answer(what, arguments):
        asked.append((what, arguments))
        return {**FACTS, "version_id": "v7", "created": "2030-01-31T09:00:00+00:00"}

    assert run("ask", answer, Version="v7") == Finished(Succeeded("v7 of 2030"))
    assert asked == [("look_at_object", {"bucket": "sources", "key": "site.zip", "version_id": "v7"})]


def test_one_question_follows_another(run):
    answers = iter(["a", "b"])
    assert run("ask and start", lambda *_: {"execution_id": next(answers)}) == Finished(Succeeded("ab"))


def test_a_refusal_fails_the_action_in_its_own_words(run):
    def refuse(what, arguments):
        raise Refused("RevisionUnavailable", "There is no such version.")

    assert run("ask", refuse) == Finished(Failed("There is no such version.", code="RevisionUnavailable"))


def test_where_nobody_answers_the_provider_is_told(run):
    failed = run("ask").result
    assert (failed.code, failed.message) == ("SystemUnavailable", "Nobody answers 'look_at_object' here.")


def test_an_answer_that_fails_is_the_caller_s_and_the_next_step_gets_another_child(run):
    def fail(what, arguments):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        run("ask", fail)
    assert run("succeed") == Finished(Succeeded("done"))


def test_a_question_too_long_for_one_fails_the_step_alone(run):
    assert isinstance(run("ask too much", lambda *_: FACTS).result, Failed)
    assert run("succeed") == Finished(Succeeded("done"))


def test_an_answer_that_the_provider_cannot_use_fails_its_step(run):
    outcome = run("ask", lambda *_: {**FACTS, "version_id": "v", "created": "no date"})
    assert "failed unexpectedly: ValueError" in outcome.result.message
