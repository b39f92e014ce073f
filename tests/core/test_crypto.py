"""Sealed secrets: only the row that a value was sealed for opens it. Threat T-32."""

import base64

import pytest

from apps.core.crypto import SecretDamaged, derive, open_sealed, seal

PLAIN = "hunter2 ünïcode"


def test_what_is_sealed_opens_for_the_same_row():
    assert open_sealed(seal(PLAIN, bound_to="job/1/a"), bound_to="job/1/a") == PLAIN


def test_an_empty_value_can_be_sealed():
    assert open_sealed(seal("", bound_to="a"), bound_to="a") == ""


def test_the_sealed_form_holds_nothing_of_the_plain_and_differs_each_time():
    first, second = seal(PLAIN, bound_to="a"), seal(PLAIN, bound_to="a")
    assert first != second
    assert b"hunter2" not in base64.urlsafe_b64decode(first)


@pytest.mark.parametrize("other", ["job/2/a", "job/1/b", "", "job/1/a "])
def test_another_row_or_account_does_not_open_it(other):
    sealed = seal(PLAIN, bound_to="job/1/a")
    with pytest.raises(SecretDamaged) as refusal:
        open_sealed(sealed, bound_to=other)
    assert "hunter2" not in str(refusal.value)


def test_a_flipped_bit_anywhere_is_noticed():
    raw = bytearray(base64.urlsafe_b64decode(seal("s", bound_to="a")))
    for place in range(len(raw)):
        flipped = bytes(raw[:place]) + bytes([raw[place] ^ 1]) + bytes(raw[place + 1 :])
        with pytest.raises(SecretDamaged):
            open_sealed(base64.urlsafe_b64encode(flipped).decode(), bound_to="a")


@pytest.mark.parametrize("sealed", ["", "!", "MQ==", "MTIz", "é", "a" * 100])
def test_what_was_never_sealed_does_not_open(sealed):
    with pytest.raises(SecretDamaged):
        open_sealed(sealed, bound_to="a")


def test_another_master_key_does_not_open_it(settings):
    sealed, derived = seal(PLAIN, bound_to="a"), derive("p", "m")
    settings.MASTER_KEY = "another"
    with pytest.raises(SecretDamaged):
        open_sealed(sealed, bound_to="a")
    assert derive("p", "m") != derived


def test_what_is_derived_depends_on_purpose_and_message():
    assert derive("p", "m") == derive("p", "m")
    assert len({derive("p", "m"), derive("q", "m"), derive("p", "n"), derive("pm", "")}) == 4
