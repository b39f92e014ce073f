from typing import Any

import pytest

from apps.pipelines.structure import InvalidActionDeclaration, check, mask_secrets, secret_names
from headrace_sdk import ActionTypeId
from tests.pipelines.structure.declarations import ACCOUNT, REGION, after_source, build, catalogue


def checked(declaration: dict[str, Any], previous: dict[str, Any] | None = None) -> dict[str, Any]:
    return check(declaration, catalogue=catalogue, region=REGION, account_number=ACCOUNT, previous=previous)


def with_token(token: str | None, name: str = "Build", **members: Any) -> dict[str, Any]:
    configuration = {"ProjectName": "app"} | ({"Token": token} if token else {})
    return after_source(build(name, **{"configuration": configuration, **members}))


def token_of(declaration: dict[str, Any]) -> str:
    return str(declaration["stages"][1]["actions"][0]["configuration"]["Token"])


STORED = checked(with_token("hunter2-hunter2"))


def test_the_secret_keys_of_a_type_are_named() -> None:
    spec = catalogue(ActionTypeId.parse("Build/Custom/Jenkins/1"))
    assert spec is not None
    assert secret_names(spec) == {"Token"}


def test_masking_hides_secrets_and_nothing_else() -> None:
    masked = mask_secrets(STORED, catalogue)
    assert token_of(masked) == "****"
    assert masked["stages"][1]["actions"][0]["configuration"]["ProjectName"] == "app"
    assert token_of(STORED) == "hunter2-hunter2"


def test_masking_passes_over_types_that_are_gone() -> None:
    assert mask_secrets(STORED, lambda type_id: None) == STORED


def test_a_definition_that_was_shown_may_be_sent_back() -> None:
    kept = checked(mask_secrets(STORED, catalogue), previous=STORED)
    assert kept == STORED


def test_a_mask_keeps_the_secret_of_an_unchanged_action_whose_defaults_are_left_out() -> None:
    assert token_of(checked(with_token("****"), previous=STORED)) == "hunter2-hunter2"


def test_a_new_secret_replaces_the_old_one() -> None:
    assert token_of(checked(with_token("correct-horse"), previous=STORED)) == "correct-horse"


@pytest.mark.parametrize(
    "changed",
    [
        with_token("****", configuration={"ProjectName": "other", "Token": "****"}),
        with_token("****", runOrder=2),
        with_token("****", namespace="Built"),
    ],
    ids=["configuration", "runOrder", "namespace"],
)
def test_a_mask_is_refused_when_the_action_changed(changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidActionDeclaration, match='for the changed action "Build".*secret property "Token"'):
        checked(changed, previous=STORED)


def test_a_mask_is_refused_on_a_renamed_action() -> None:
    with pytest.raises(InvalidActionDeclaration, match='for the new action "Compile"'):
        checked(with_token("****", name="Compile"), previous=STORED)


def test_a_mask_is_refused_in_a_renamed_stage() -> None:
    renamed = with_token("****")
    renamed["stages"][1]["name"] = "Renamed"
    with pytest.raises(InvalidActionDeclaration, match='for the new action "Build"'):
        checked(renamed, previous=STORED)


def test_a_mask_is_refused_where_no_secret_was() -> None:
    with pytest.raises(InvalidActionDeclaration, match='for the new action "Build"'):
        checked(with_token("****"), previous=checked(with_token(None)))


def test_a_mask_in_another_property_is_a_text_like_any_other() -> None:
    declaration = with_token(None, configuration={"ProjectName": "app", "Notes": "****"})
    assert checked(declaration)["stages"][1]["actions"][0]["configuration"]["Notes"] == "****"


def test_a_refused_secret_is_not_repeated_in_the_message() -> None:
    with pytest.raises(InvalidActionDeclaration) as refusal:
        checked(with_token("short"))
    assert "short" not in refusal.value.message
    assert "'Token', which must be at least 8 characters long." in refusal.value.message
