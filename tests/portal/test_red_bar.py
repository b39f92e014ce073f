"""The red bar of an account whose commands run without a sandbox."""

import pytest

from tests.factories import make_account
from tests.portal.visits import address, said, signed_in

pytestmark = pytest.mark.django_db
SENTENCE = "Commands of this account run without a sandbox. Install the Debian package bubblewrap."


@pytest.fixture(autouse=True)
def _no_engine(settings, monkeypatch):
    """Stand on a machine that has nothing: no bubblewrap, no container engine on its path."""
    from apps.portal import context

    monkeypatch.setenv("PATH", "/nonexistent")
    context.has_container_engine.cache_clear()
    settings.BUBBLEWRAP, settings.SANDBOX_ALLOW_UNISOLATED = None, True
    yield
    context.has_container_engine.cache_clear()


def read(account) -> str:
    return said(signed_in(account).get(address("home", account)).content.decode())


def test_it_stands_on_the_pages_of_an_account_that_may():
    assert SENTENCE in read(make_account(may_run_unisolated=True))


def test_other_accounts_are_refused_their_commands_and_have_no_bar():
    assert SENTENCE not in read(make_account())


def test_with_a_sandbox_there_is_none(settings):
    settings.BUBBLEWRAP = "/usr/bin/bwrap"
    assert SENTENCE not in read(make_account(may_run_unisolated=True))


def test_without_the_operators_leave_there_is_none(settings):
    settings.SANDBOX_ALLOW_UNISOLATED = False
    assert SENTENCE not in read(make_account(may_run_unisolated=True))
