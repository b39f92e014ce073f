"""Who signed: permanent keys, their cache, and what job workers get. Shows T-01's keys, T-07, T-08, T-32."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.core import clock
from apps.core.crypto import SecretDamaged
from apps.tenancy import credentials
from apps.tenancy.credentials import find_credentials, forget_credentials, issue_artifact_credentials
from apps.tenancy.errors import ExpiredSessionToken, InvalidSessionToken, UnknownAccessKey
from apps.tenancy.models import AccessKey
from apps.tenancy.roles import Role
from apps.tenancy.services import create_access_key, revoke_access_key
from tests.factories import make_access_key, make_account

pytestmark = pytest.mark.django_db
OBJECT = ("acme", "web/build/a1.zip")


@pytest.fixture(autouse=True)
def nothing_cached():
    forget_credentials()
    yield
    forget_credentials()


def issue(account=None):
    return issue_artifact_credentials(account or make_account(), job_id=uuid4(), readable=[OBJECT], writable=[])


def test_a_key_is_found_with_its_account_role_and_principal():
    key, secret = make_access_key(role=Role.DEVELOPER)
    found = find_credentials(key.key_id, None)
    assert (found.secret, found.account, found.grant.role) == (secret, key.account, Role.DEVELOPER)
    assert found.principal_arn == f"arn:aws:iam::{key.account.number}:user/tests"
    assert found.artifact_scope is None


def test_an_unknown_key_is_refused():
    with pytest.raises(UnknownAccessKey):
        find_credentials("AKIA2222222222222222", None)


def test_a_permanent_key_must_not_come_with_a_session_token():
    key, _ = make_access_key()
    with pytest.raises(InvalidSessionToken):
        find_credentials(key.key_id, issue().session_token)


def test_a_key_is_read_once_while_it_is_cached(django_assert_num_queries):
    key, _ = make_access_key()
    find_credentials(key.key_id, None)
    with django_assert_num_queries(0):
        find_credentials(key.key_id, None)


def test_a_revoked_key_is_refused_at_once_where_it_was_revoked():
    key, _ = make_access_key()
    find_credentials(key.key_id, None)
    revoke_access_key(account=key.account, key_id=key.key_id)
    with pytest.raises(UnknownAccessKey):
        find_credentials(key.key_id, None)


def test_another_process_refuses_a_revoked_key_when_its_cache_ends():
    assert credentials.CACHE_SECONDS <= 5
    key, _ = make_access_key()
    find_credentials(key.key_id, None)
    AccessKey.objects.update(is_active=False)  # elsewhere: nothing is forgotten here
    ends, found = credentials._cache[key.key_id]
    credentials._cache[key.key_id] = (ends - credentials.CACHE_SECONDS, found)
    with pytest.raises(UnknownAccessKey):
        find_credentials(key.key_id, None)


def test_the_other_key_of_an_account_works_on():
    key, _ = make_access_key()
    other, _ = create_access_key(account=key.account, principal="tests", role=Role.ADMIN)
    revoke_access_key(account=key.account, key_id=key.key_id)
    assert find_credentials(other.key_id, None).access_key_id == other.key_id


def test_a_stranger_revokes_nothing():
    key, _ = make_access_key()
    revoke_access_key(account=make_account("Umbrella"), key_id=key.key_id)
    assert find_credentials(key.key_id, None).access_key_id == key.key_id


def test_when_a_key_was_used_last_is_noted():
    key, _ = make_access_key()
    find_credentials(key.key_id, None)
    key.refresh_from_db()
    assert clock.now() - key.last_used_at < timedelta(minutes=1)


def test_temporary_credentials_open_just_the_artifacts_of_their_job():
    account, job_id = make_account(), uuid4()
    made = issue_artifact_credentials(account, job_id=job_id, readable=[OBJECT], writable=[("acme", "out.zip")])
    found = find_credentials(made.access_key_id, made.session_token)
    assert (found.secret, found.account) == (made.secret_access_key, account)
    assert found.artifact_scope is not None
    assert found.artifact_scope.job_id == str(job_id)
    assert (found.artifact_scope.readable, found.artifact_scope.writable) == ({OBJECT}, {("acme", "out.zip")})


def test_a_temporary_key_needs_its_own_token():
    mine, theirs = issue(), issue(make_account("Umbrella"))
    for token in (None, "", "nonsense", theirs.session_token, mine.session_token[:-4] + "AAAA"):
        with pytest.raises(InvalidSessionToken):
            find_credentials(mine.access_key_id, token)


def test_temporary_credentials_end(settings):
    settings.ARTIFACT_CREDENTIAL_SECONDS = -1
    made = issue()
    with pytest.raises(ExpiredSessionToken):
        find_credentials(made.access_key_id, made.session_token)


def test_temporary_credentials_end_with_their_account():
    account = make_account()
    made = issue(account)
    account.delete()
    with pytest.raises(InvalidSessionToken):
        find_credentials(made.access_key_id, made.session_token)


def test_a_secret_is_sealed_at_rest_and_does_not_open_in_another_row():
    """Shows T-32."""
    (first, secret), (second, _) = make_access_key(), make_access_key(make_account("Umbrella"))
    assert secret not in first.sealed_secret
    second.sealed_secret = first.sealed_secret
    with pytest.raises(SecretDamaged):
        second.get_secret()
    first.account = second.account
    with pytest.raises(SecretDamaged):
        first.get_secret()


def test_no_secret_is_shown_where_credentials_are_printed():
    key, secret = make_access_key()
    made = issue(key.account)
    text = repr(find_credentials(key.key_id, None)) + repr(made)
    assert secret not in text
    assert made.secret_access_key not in text
    assert made.session_token not in text
