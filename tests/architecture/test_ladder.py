"""The drawing of the house as a list: an app imports from lower lines only; apps on one line do not know each other."""

import ast

import pytest

from .source import ROOT, Import, imports_of, python_files, read_imports, relative, within

LADDER = [
    {"core"},
    {"tenancy"},
    {"events"},
    {"actions", "artifacts", "billing", "connections"},
    {"pipelines", "jobs"},
    {"executions"},
    {"triggers", "marketplace", "notifications"},
    {"awsapi", "restapi", "portal", "live"},
]
LINE = {app: line for line, apps in enumerate(LADDER) for app in apps}
APPS = sorted(path.parent.name for path in (ROOT / "apps").glob("*/__init__.py"))


def climbs(found: Import) -> bool:
    """Say whether an import in `apps/` goes up the ladder, sideways, or out of the house."""
    if within(found.target, "plugins", "pipelines_project", "tests"):
        return True
    parts, app = found.target.split("."), found.file.split("/")[1]
    if parts[0] != "apps" or len(parts) == 1 or parts[1] == app:
        return False
    return LINE[parts[1]] >= LINE[app]


def read(source: str, file: str) -> list[Import]:
    return list(read_imports(ast.parse(source), file))


def test_every_app_has_its_line():
    assert set(APPS) <= LINE.keys()


@pytest.mark.parametrize("app", APPS)
def test_an_app_imports_from_lower_lines_only(app):
    found = [each for path in python_files(f"apps/{app}") for each in imports_of(path)]
    assert [str(each) for each in found if climbs(each)] == []


@pytest.mark.parametrize(
    ("source", "file"),
    [
        ("from apps.executions.services import advance", "apps/jobs/services.py"),
        ("import apps.jobs.models", "apps/pipelines/services.py"),
        ("def late():\n    from apps.portal import views", "apps/core/pages.py"),
        ("from ..live import groups", "apps/portal/views.py"),
        ("from plugins.git_source import plugin", "apps/actions/host.py"),
        ("from pipelines_project import env", "apps/core/clock.py"),
    ],
)
def test_climbing_sideways_and_outward_imports_are_seen(source, file):
    assert [climbs(each) for each in read(source, file)] == [True]


@pytest.mark.parametrize(
    ("source", "file"),
    [
        ("from apps.core.ids import new_id", "apps/jobs/services.py"),
        ("from .models import Job", "apps/jobs/services.py"),
        ("from ..models import Job", "apps/jobs/services/leases.py"),
        ("from headrace_sdk.types import Failed", "apps/jobs/services.py"),
    ],
)
def test_imports_from_below_from_home_and_from_the_sdk_are_free(source, file):
    assert [climbs(each) for each in read(source, file)] == [False]


def test_a_plugin_imports_the_sdk_and_nothing_else_of_ours():
    strangers = []
    for path in python_files("plugins"):
        folder = relative(path).split("/")[1]
        if folder in ("sdk", "__init__.py"):
            continue
        for found in imports_of(path):
            own = within(found.target, f"plugins.{folder}")
            if within(found.target, "apps", "pipelines_project", "plugins", "tests", "django") and not own:
                strangers.append(str(found))
    assert strangers == []


def test_the_sdk_imports_none_of_us():
    found = [each for path in python_files("plugins/sdk") for each in imports_of(path)]
    ours = ("apps", "pipelines_project", "plugins", "tests", "django")
    # A relative import inside the distribution starts with its folder.
    assert [str(each) for each in found if within(each.target, *ours) and not within(each.target, "plugins.sdk")] == []
