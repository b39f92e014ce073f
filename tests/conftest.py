"""What every test shares. Rows are built by the `make_*` functions of `tests/factories.py`."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("headrace", deadline=None, derandomize=True)
settings.load_profile("headrace")


def pytest_configure(config: pytest.Config) -> None:
    if "COMPAT_RESULTS" in os.environ:
        from tests.compat.observing import Observer  # late: nothing else needs it

        config.pluginmanager.register(Observer())


def pytest_xdist_auto_num_workers() -> int:
    """Two workers a core: a journey waits for other processes half of its time."""
    return 2 * len(os.sched_getaffinity(0))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the data directory that `settings/test.py` made; the workers of one run share their controller's."""
    data = Path(os.environ.get("HEADRACE_DATA_DIR", ""))
    if data.name.startswith("headrace-test-") and not hasattr(config, "workerinput"):
        shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(autouse=True)
def _nothing_is_kept() -> None:
    """Each test has a database of its own, in which the numbers of rows begin anew."""
    from apps.core.kept import Kept  # late: they need Django to be set up
    from apps.jobs.services import forget_calls

    Kept.forget_everything()
    forget_calls()
