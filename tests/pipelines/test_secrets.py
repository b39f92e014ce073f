from apps.pipelines.secrets import MASK, put_back, take_out, type_text

VAULT = {"category": "Build", "owner": "Custom", "provider": "Vault", "version": "1"}
PLAIN = {**VAULT, "provider": "Plain"}
NAMES = {type_text(VAULT): frozenset({"Password", "Token"})}


def declaration(**configuration: str) -> dict:
    actions = [
        {"name": "A", "actionTypeId": VAULT, "configuration": dict(configuration)},
        {"name": "B", "actionTypeId": PLAIN, "configuration": dict(configuration)},
        {"name": "C", "actionTypeId": VAULT},
    ]
    return {"name": "web", "stages": [{"name": "Build", "actions": actions}]}


def test_secret_keys_of_their_type_are_taken_out_and_no_others():
    masked, secrets = take_out(declaration(Password="p", Colour="red"), NAMES)
    first, second, third = masked["stages"][0]["actions"]
    assert first["configuration"] == {"Password": MASK, "Colour": "red"}
    assert second["configuration"] == {"Password": "p", "Colour": "red"}
    assert "configuration" not in third
    assert secrets == {"Build/A/Password": "p"}


def test_putting_back_restores_the_declaration():
    whole = declaration(Password="p", Token="t", Colour="red")
    assert put_back(*take_out(whole, NAMES)) == whole


def test_what_is_given_is_not_changed():
    whole = declaration(Password="p")
    masked, secrets = take_out(whole, NAMES)
    put_back(masked, secrets)
    assert whole == declaration(Password="p")
    assert masked["stages"][0]["actions"][0]["configuration"]["Password"] == MASK


def test_without_secrets_nothing_is_taken():
    assert take_out(declaration(Colour="red"), NAMES) == (declaration(Colour="red"), {})
