import pytest

from headrace_sdk import ActionTypeId, Failed, Property
from headrace_sdk.configuration import problems

PROPERTIES = (
    Property("Url", type="url", required=True),
    Property("Mode", type="choice", choices=("a", "b")),
    Property("Count", type="number", minimum=1, maximum=9),
    Property("On", type="boolean"),
    Property("Name", pattern="[a-z]+", maximum=5),
    Property("Data", type="json"),
)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"Url": ""}, "Url is required."),
        ({"Url": "file:///x"}, "Url must begin with https:// or http://."),
        ({"Mode": "c"}, "Mode must be one of a, b."),
        ({"Count": "0"}, "Count must be at least 1."),
        ({"Count": "10"}, "Count must be at most 9."),
        ({"Count": "²"}, "Count must be a whole number."),
        ({"Count": "1.5"}, "Count must be a whole number."),
        ({"On": "yes"}, "On must be true or false."),
        ({"Name": "A"}, "Name does not have the form [a-z]+."),
        ({"Name": "abcdef"}, "Name must be at most 5 characters."),
        ({"Data": "{"}, "Data must be JSON."),
        ({"Data": "[" * 100_000}, "Data must be JSON."),
        ({"Other": "1"}, "'Other' is no configuration key of this action type."),
    ],
)
def test_what_is_wrong_is_said(values, problem):
    assert problems(PROPERTIES, {"Url": "https://example.org", **values}) == [problem]


def test_what_is_right_passes():
    good = {"Url": "https://example.org", "Mode": "a", "Count": "9", "On": "true", "Name": "abc", "Data": "{}"}
    assert problems(PROPERTIES, good) == []


def test_a_value_with_a_variable_is_judged_when_it_is_known():
    assert problems(PROPERTIES, {"Url": "#{variables.Url}", "Count": "#{variables.Count}"}) == []


def test_a_secret_type_is_a_secret():
    assert Property("Token", type="secret").secret


@pytest.mark.parametrize("make", [lambda: Property("A", type="odd"), lambda: Failed("x", code="Odd")])
def test_words_that_do_not_exist_are_refused(make):
    with pytest.raises(ValueError, match="odd|Odd"):
        make()


@pytest.mark.parametrize("text", ["", "a/b/c", "a/b/c/d/e", "a//c/d"])
def test_text_that_is_no_action_type_is_refused(text):
    with pytest.raises(ValueError, match="no action type"):
        ActionTypeId.parse(text)


def test_an_action_type_reads_as_it_is_written():
    assert str(ActionTypeId.parse("Build/ThirdParty/Jenkins/1")) == "Build/ThirdParty/Jenkins/1"
