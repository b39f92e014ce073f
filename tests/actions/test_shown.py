"""What is shown of action types stays true while it is kept."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.actions.models import CustomActionType
from apps.actions.services import create_custom_action_type, delete_custom_action_type
from apps.actions.shown import shown_specs
from headrace_sdk import ActionTypeId
from tests.factories import NOW, make_account

pytestmark = pytest.mark.django_db(transaction=True)  # what is read is kept once it is committed
TYPE = ActionTypeId("Build", "Custom", "Shown", "1")
LINK = "https://ci.example.org/jobs"


def declare(account, **settings):
    definition = {
        "category": TYPE.category,
        "provider": TYPE.provider,
        "version": TYPE.version,
        "settings": settings,
        "inputArtifactDetails": {"minimumCount": 0, "maximumCount": 5},
        "outputArtifactDetails": {"minimumCount": 0, "maximumCount": 5},
    }
    return create_custom_action_type(account, definition, {}, now=NOW)


def test_a_type_is_read_once_and_its_links_outlive_it():
    account = make_account()
    declare(account, entityUrlTemplate=LINK)
    assert shown_specs(account, [TYPE])[TYPE].entity_url == LINK
    delete_custom_action_type(account, TYPE.category, TYPE.provider, TYPE.version, now=NOW)
    with CaptureQueriesContext(connection) as captured:
        assert shown_specs(account, [TYPE, TYPE])[TYPE].entity_url == LINK
    assert len(captured) == 0


def test_a_type_of_this_name_may_be_another_one_in_another_account():
    one, other, third = make_account(), make_account(), make_account()
    declare(one, entityUrlTemplate=LINK)
    declare(other, entityUrlTemplate=LINK + "/other")
    links = [shown_specs(account, [TYPE])[TYPE].entity_url for account in (one, other, one, other)]
    assert links == [LINK, LINK + "/other"] * 2
    assert shown_specs(third, [TYPE]) == {}


def test_a_type_that_is_not_there_yet_is_looked_for_again():
    account = make_account()
    assert shown_specs(account, [TYPE]) == {}
    declare(account)
    assert TYPE in shown_specs(account, [TYPE])


def test_what_is_read_before_a_rollback_is_not_kept():
    account = make_account()
    with transaction.atomic():
        declare(account, entityUrlTemplate=LINK)
        assert shown_specs(account, [TYPE])[TYPE].entity_url == LINK
        transaction.set_rollback(True)
    assert not CustomActionType.objects.for_account(account).exists()
    declare(account, entityUrlTemplate=LINK + "/anew")
    assert shown_specs(account, [TYPE])[TYPE].entity_url == LINK + "/anew"
