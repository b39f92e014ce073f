import base64

import pytest

from apps.core.crypto import SecretDamaged, derive, open_sealed, seal


def test_what_was_sealed_opens_in_its_place():
    assert open_sealed(seal("geheim ✓", bound_to="row/1"), bound_to="row/1") == "geheim ✓"


def test_nothing_of_it_can_be_read_and_no_two_seals_are_alike():
    first, second = seal("geheim", bound_to="row/1"), seal("geheim", bound_to="row/1")
    assert first != second
    assert b"geheim" not in base64.urlsafe_b64decode(first)


def test_it_does_not_open_in_another_place():
    """Shows T-32."""
    with pytest.raises(SecretDamaged, match="row/2"):
        open_sealed(seal("geheim", bound_to="row/1"), bound_to="row/2")


def test_it_does_not_open_with_another_master_key(settings):
    sealed = seal("geheim", bound_to="row/1")
    settings.MASTER_KEY = "another"
    with pytest.raises(SecretDamaged):
        open_sealed(sealed, bound_to="row/1")


def test_every_changed_byte_is_noticed():
    raw = base64.urlsafe_b64decode(seal("geheim", bound_to="row/1"))
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        with pytest.raises(SecretDamaged):
            open_sealed(base64.urlsafe_b64encode(changed).decode(), bound_to="row/1")


@pytest.mark.parametrize("nonsense", ["", "A", "====", "é", "MQ==", "plain text"])
def test_what_was_never_sealed_does_not_open(nonsense):
    with pytest.raises(SecretDamaged):
        open_sealed(nonsense, bound_to="row/1")


def test_derived_values_depend_on_purpose_message_and_master_key(settings):
    values = {derive("a", "1"), derive("a", "2"), derive("b", "1")}
    settings.MASTER_KEY = "another"
    values.add(derive("a", "1"))
    assert len(values) == 4
