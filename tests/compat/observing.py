"""Notes which operations the journeys' own boto3 clients call with success, over each protocol.

A pytest plugin, which `tests/conftest.py` registers where results are to be recorded. Each test's report carries what
was answered since the test's fixtures began; the process that gathers the reports writes the results, once for all.
"""

from collections import defaultdict
from importlib.metadata import version
from typing import Any, Final

import pytest

from tests.compat.results import Result, passed, record
from tests.running import CBOR, JSON, ROOT, watchers

JOURNEYS: Final = ROOT / "tests" / "journeys"
PROPERTY: Final = "wire operations"
FILES: Final = {JSON: ("journeys_boto3_json", "boto3, JSON"), CBOR: ("journeys_boto3_cbor", "boto3, CBOR")}


class Observer:
    def __init__(self) -> None:
        self.answered: set[tuple[str, str]] = set()
        self.passed: dict[str, set[str]] = defaultdict(set)
        watchers.append(self.watch)

    def watch(self, client: Any) -> None:
        """Note each answer that a client gets from now on."""
        protocol: str = client.meta.service_model.resolved_protocol

        def note(http_response: Any, model: Any, **_: Any) -> None:
            if http_response.status_code == 200:
                self.answered.add((protocol, model.name))

        client.meta.events.register("after-call.codepipeline", note)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo):
        report = yield
        if call.when == "call" and item.path.is_relative_to(JOURNEYS):
            report.user_properties.append((PROPERTY, sorted(self.answered)))
        elif call.when == "teardown":
            self.answered.clear()
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            for protocol, operation in dict(report.user_properties).get(PROPERTY, ()):
                self.passed[protocol].add(operation)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not hasattr(session.config, "workerinput"):
            for protocol, operations in self.passed.items():
                name, title = FILES[protocol]
                record(name, Result(title, version("boto3"), passed(operations)))
