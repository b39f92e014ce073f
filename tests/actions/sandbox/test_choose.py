import pytest

from apps.actions.sandbox import NoIsolation, Options, Tier, choose
from apps.actions.sandbox.choose import failure
from apps.actions.sandbox.probing import Probe
from apps.actions.sandbox.self_test import INSIDE, MEMORY, is_needed

BARE = Options(bubblewrap=None, engine=None)


def test_without_bubblewrap_the_refusal_names_the_package():
    with pytest.raises(NoIsolation, match="Install the Debian package bubblewrap") as refused:
        choose(options=BARE, quick=True)
    assert refused.value.message.startswith("No isolation available. bubblewrap is not installed.")


def test_running_plainly_needs_the_operator_s_word():
    assert choose(options=BARE, quick=True, allow_unisolated=True).tier is Tier.PLAIN


def test_a_word_for_less_is_no_word_for_none():
    with pytest.raises(NoIsolation, match="HEADRACE_SANDBOX_ALLOW_UNISOLATED"):
        choose(options=BARE, quick=True, allow_uncapped=True)


def test_an_engine_that_does_not_work_is_passed_over():
    options = Options(bubblewrap=None, engine="/bin/false", rootfs="/nowhere")
    assert choose(options=options, quick=True, allow_unisolated=True).tier is Tier.PLAIN


def test_a_bubblewrap_that_does_not_work_is_passed_over():
    options = Options(bubblewrap="/bin/false", engine=None)
    assert choose(options=options, quick=True, allow_unisolated=True).tier is Tier.PLAIN


def test_what_the_program_said_is_in_the_refusal():
    with pytest.raises(NoIsolation, match="did not start: .*unrecognized option '--args'"):
        choose(options=Options(bubblewrap="/bin/ls", engine=None), quick=True, allow_uncapped=True)


@pytest.mark.parametrize(
    ("tier", "name", "expected"),
    [
        (Tier.BUBBLEWRAP, MEMORY, True),
        (Tier.UNCAPPED, MEMORY, False),
        (Tier.UNCAPPED, INSIDE[0], True),
        (Tier.PLAIN, INSIDE[0], False),
        (Tier.PLAIN, "daemon gone after exit", True),
    ],
)
def test_each_tier_has_what_it_must_hold(tier, name, expected):
    assert is_needed(tier, Probe(name, False)) is expected


def test_failures_are_told_by_name():
    assert failure([Probe("a", True), Probe("b", False, "open"), Probe("c", False)]) == "b: open; c: failed."
