"""The generator of wrong requests: the right ones are right, and each kind of fault is made."""

import pytest
from botocore.validate import ParamValidator

from apps.awsapi.shapes import parse_input
from tests.faults.cases import cases_of, changed, harmless
from tests.faults.values import MODEL

OPERATIONS = MODEL.operation_names


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_request_that_is_spoiled_keeps_the_model(operation):
    request = harmless(operation)
    report = ParamValidator().validate(request, MODEL.operation_model(operation).input_shape)
    assert not report.has_errors(), report.generate_report()
    assert parse_input(operation, request)


def test_there_are_thousands_of_cases_of_every_kind():
    found = [case for operation in OPERATIONS for case in cases_of(operation)]
    assert len(found) >= 2000
    assert len({str(case) for case in found}) == len(found)
    for fault in ("missing", "null", "as ", "too short", "too long", "of bad pattern", "of bad enum", "unknown member"):
        assert sum(fault in case.fault for case in found) >= 40, fault


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_required_member_is_left_out_once(operation):
    required = MODEL.operation_model(operation).input_shape.required_members
    left_out = {case.member for case in cases_of(operation) if case.fault == "missing" and case.codes}
    assert {member for member in left_out if "." not in member} == set(required)


def test_a_change_leaves_the_original_as_it_was():
    tree = {"a": [{"b": 1}], "c": 2}
    assert changed(tree, ("a", 0, "b"), 5) == {"a": [{"b": 5}], "c": 2}
    assert tree == {"a": [{"b": 1}], "c": 2}
