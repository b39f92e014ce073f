import subprocess
import sys

import pytest

from pipelines_project.launch.places import ROOT

from .services import ServiceError, program


def test_a_server_that_is_not_installed_is_named_with_its_package():
    with pytest.raises(
        ServiceError, match="'no-such-server' is not installed. Install it: apt-get install its-package"
    ):
        program("no-such-server", "its-package")


@pytest.mark.postgres
def test_the_command_runs_beside_an_empty_postgresql_and_redis():
    code = "import os, psycopg, redis; "
    code += "print(psycopg.connect(os.environ['HEADRACE_DATABASE_URL']).execute('select 6 * 7').fetchone()[0]); "
    code += "print(redis.Redis.from_url(os.environ['HEADRACE_REDIS_URL']).dbsize())"
    command = [sys.executable, "-m", "tests.tooling.services", sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == ["42", "0"], done.stderr
    assert done.returncode == 0
