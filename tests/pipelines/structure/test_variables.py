from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import HeadraceError
from apps.pipelines.structure import Lookup, Reference, UnresolvedVariable, references, substitute


def values(known: Mapping[tuple[str, str], str]) -> Lookup:
    return lambda namespace, key: known.get((namespace, key))


def test_references_are_found_in_order_with_their_places() -> None:
    text = "a#{Source.Id}b#{variables.my-key@1}"
    assert references(text) == [Reference("Source", "Id", 1, 13), Reference("variables", "my-key@1", 14, 35)]
    assert text[1:13] == "#{Source.Id}"


@pytest.mark.parametrize(
    "text", ["", "#{}", "#{a}", "#{a.}", "#{.b}", "#{a.b.c}", "#{a b.c}", "${a.b}", "# {a.b}", "{a.b}"]
)
def test_any_other_form_is_plain_text(text: str) -> None:
    assert references(text) == []
    assert substitute(text, values({})) == text


def test_several_values_and_text_make_one_value() -> None:
    known = {("A", "x"): "1", ("B", "y"): "2"}
    assert substitute("#{A.x}-#{B.y}-#{A.x}#{B.y}", values(known)) == "1-2-12"


def test_a_value_that_looks_like_a_reference_is_text() -> None:
    assert substitute("#{A.x}", values({("A", "x"): "#{A.x}"})) == "#{A.x}"


def test_values_do_not_join_into_a_reference() -> None:
    known = {("A", "x"): "#{A", ("A", "y"): ".x}"}
    assert substitute("#{A.x}#{A.y}", values(known)) == "#{A.x}"


def test_an_empty_value_is_a_value() -> None:
    assert substitute("<#{A.x}>", values({("A", "x"): ""})) == "<>"


def test_a_variable_without_a_value_is_named() -> None:
    with pytest.raises(UnresolvedVariable, match=r"'A\.y' has no value") as refusal:
        substitute("#{A.x}#{A.y}", values({("A", "x"): "1"}))
    assert (refusal.value.namespace, refusal.value.key) == ("A", "y")
    assert isinstance(refusal.value, HeadraceError)


@given(st.lists(st.tuples(st.text("ab#{}.$\\", max_size=5), st.text())))
def test_the_text_between_references_stays(parts: list[tuple[str, str]]) -> None:
    known = {("N", f"k{number}"): value for number, (_, value) in enumerate(parts)}
    text = "".join(f"{before}\n#{{N.k{number}}}" for number, (before, _) in enumerate(parts))
    assert substitute(text, values(known)) == "".join(f"{before}\n{value}" for before, value in parts)
