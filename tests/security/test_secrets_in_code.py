"""Secrets are compared in constant time, and what lies in the queue is believed only with our signature."""

import ast
import re

import pytest
from django.core.signing import BadSignature
from django_q.signing import SignedPackage
from django_q.tasks import async_task

from apps.core.queue import sing
from tests.running import ROOT

SECRET = re.compile(r"secret|signature|password|hmac|api_token", re.IGNORECASE)
# Not compared with what a stranger sent: a member's name, a kind, a number of bytes, our own value with our own.
HARMLESS = re.compile(r"(_|\b)(kind|name|names|type|length|version|path|state|at)$|MASK|SECRET_NAME", re.IGNORECASE)


def words(node: ast.expr) -> str:
    """Return the last name of an expression: `b` of `a.b`, `f` of `f(x)`."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Call(func=function):
            return words(function)
    return ""


def compared_secrets() -> list[str]:
    found = []
    for file in sorted([*(ROOT / "apps").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                sides = [words(side) for side in (node.left, *node.comparators)]
                literal = any(isinstance(side, ast.Constant) for side in (node.left, *node.comparators))
                literal |= any(HARMLESS.search(side) for side in sides)
                if not literal and any(SECRET.search(side) for side in sides):
                    found.append(f"{file.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}")
    return found


def test_t46_no_secret_is_compared_by_its_first_difference():
    """Shows T-46: `hmac.compare_digest` it is, wherever a secret meets what somebody sent."""
    assert compared_secrets() == []


@pytest.mark.django_db
def test_t35_a_task_that_somebody_else_wrote_is_not_believed():
    """Shows T-35: a payload is a pickle, so it is opened only after its signature was checked."""
    from django_q.models import OrmQ

    async_task(sing)
    payload = OrmQ.objects.get().payload
    assert SignedPackage.loads(payload)["func"] is sing
    for changed in (payload[:-1] + ("A" if payload[-1] != "A" else "B"), "A" + payload[1:], payload.split(":")[0]):
        with pytest.raises(BadSignature):
            SignedPackage.loads(changed)
