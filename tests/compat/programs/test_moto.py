"""moto's own tests of CodePipeline, from its source distribution, against a running Headrace."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.compat.programs.keeping import environment, locked_version, source
from tests.compat.programs.program import Program
from tests.running import Headrace

pytestmark = pytest.mark.programs

PROGRAM = Program("moto", "moto's tests of CodePipeline (boto3)", locked_version("moto-source", "moto"))
PARTS = ("tests/__init__.py", "tests/conftest.py", "tests/markers.py", "tests/test_codepipeline/", "pyproject.toml")


@dataclass(frozen=True)
class Difference:
    """Why one of moto's tests does not pass. Its complaint must match, so that it fails for this reason alone."""

    reason: str
    complaint: str


DEFAULTS = Difference(
    "AWS echoes the defaults of executionMode and pipelineType, moto leaves them out; all else is equal",
    r"Left contains 2 more items:\n{'executionMode': 'SUPERSEDED', 'pipelineType': 'V1'}",
)
DIFFERENT: Mapping[str, Difference] = {
    "test_create_pipeline": DEFAULTS,
    "test_create_pipeline_with_extended_trust_policy": DEFAULTS,
    "test_create_pipeline_without_tags": DEFAULTS,
    "test_get_pipeline": DEFAULTS,
    "test_update_pipeline": DEFAULTS,
    "test_create_pipeline_errors": Difference(
        "a taken name is answered as the service model declares, in the same words (docs/decisions/0009)",
        "'PipelineNameInUseException' == 'InvalidStructureException'",
    ),
    "test_update_pipeline_errors": Difference(
        "the service model declares no ResourceNotFoundException for UpdatePipeline; Terraform takes "
        "PipelineNotFoundException for gone",
        "'PipelineNotFoundException' == 'ResourceNotFoundException'",
    ),
    "test_get_pipeline_execution": Difference(
        "moto's executions succeed at once without running; here the source is looked for, and there is none",
        "'(InProgress|Failed)' == 'Succeeded'",
    ),
    "test_get_pipeline_execution_errors": Difference(
        "AWS checks an execution id's pattern before it looks for anything; moto takes any text",
        "'ValidationException' == 'PipelineNotFoundException'",
    ),
    "test_list_pipeline_executions": Difference(
        "a new pipeline runs at once, as on AWS, and executions take their time; moto's succeed when they are started",
        "assert 3 == 2|'(InProgress|Failed)' == 'Succeeded'",
    ),
}


@pytest.fixture
def outcomes(headrace: Headrace, elsewhere: str, surroundings: Mapping[str, str], tmp_path: Path) -> Mapping[str, str]:
    """What each of moto's tests came to: "" for passed, otherwise its complaint."""
    folder, report = source("moto", *PARTS), tmp_path / "report.xml"
    plugin = {"PYTHONPATH": str(Path(__file__).parent), "PYTHONDONTWRITEBYTECODE": "1"}
    places = {"HEADRACE_URL": headrace.url, "HEADRACE_ELSEWHERE": elsewhere}
    command = [environment("moto") / "python", "-m", "pytest", "-p", "moto_switched_off", "-p", "no:cacheprovider"]
    command += ["-q", "--color=no", f"--junitxml={report}", "tests/test_codepipeline"]
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**surroundings, **plugin, **places},
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return {case.attrib["name"]: complaint_of(case) for case in ElementTree.parse(report).iter("testcase")}


def complaint_of(case: ElementTree.Element) -> str:
    """Return the lines of a failure that say what was expected, "" for a test that passed."""
    failures = [each for each in case if each.tag in ("failure", "error", "skipped")]
    lines = [line for each in failures for line in (each.text or each.attrib["message"]).splitlines()]
    return "\n".join(line.removeprefix("E").strip() for line in lines if line.startswith(("E ", "tests/")))


def test_each_test_passes_unless_moto_differs_from_aws(outcomes: Mapping[str, str]):
    complaints = {name: text for name, text in outcomes.items() if text}
    unexplained = [text for name, text in complaints.items() if not is_explained(name, text)]
    assert not unexplained, "\n\n".join(unexplained)
    assert complaints.keys() == DIFFERENT.keys(), "a test that is said to differ passes, or is gone"
    assert len(outcomes) > 20
    PROGRAM.notes += [f"{name}: {difference.reason}" for name, difference in DIFFERENT.items()]


def is_explained(name: str, complaint: str) -> bool:
    return name in DIFFERENT and re.search(DIFFERENT[name].complaint, complaint) is not None
