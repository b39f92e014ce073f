"""What real commands need: Python with its tests and wheels, git, a locale, a name for the user, folders to write."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.actions.sandbox.boxes import bubblewrap, python, run, shell

pytestmark = pytest.mark.sandbox
VENV = Path(sys.prefix)
PACKAGES = next(VENV.glob("lib/python3*/site-packages"))
PYPROJECT = """[build-system]
requires = ["flit_core"]
build-backend = "flit_core.buildapi"
[project]
name = "sample"
version = "1.0"
description = "A sample"
"""


@pytest.fixture(scope="module")
def box():
    return bubblewrap()


@pytest.fixture
def project(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "sample.py").write_text('"""A sample."""\n\nANSWER = 42\n')
    (tmp_path / "test_sample.py").write_text(
        "import unittest\nimport sample\n\n\nclass Sample(unittest.TestCase):\n"
        "    def test_answer(self):\n        self.assertEqual(sample.ANSWER, 42)\n"
    )
    return tmp_path


def test_unit_tests_run(box, project):
    ran = run(box, "/usr/bin/python3", "-m", "unittest", "-v", work_dir=project)
    assert ran.ended.succeeded, ran.output
    assert "test_answer" in ran.output


def test_failing_unit_tests_fail_with_their_text(box, project):
    (project / "sample.py").write_text("ANSWER = 41\n")
    ran = run(box, "/usr/bin/python3", "-m", "unittest", work_dir=project)
    assert ran.ended.exit_code == 1
    assert "AssertionError: 41 != 42" in ran.output


def test_ruff_writes_a_report(box, project):
    (project / "sample.py").write_text("import os\n")
    ruff = VENV / "bin" / "ruff"
    script = "ruff check --output-format sarif --output-file report.sarif . ; echo $?"
    ran = shell(
        box,
        script,
        work_dir=project,
        read_only=((ruff, "/opt/toolchain/bin/ruff"),),
        environment={"PATH": "/opt/toolchain/bin:/usr/bin:/bin"},
    )
    assert ran.output.splitlines()[-1] == "1"
    assert "F401" in (project / "report.sarif").read_text()


def test_a_wheel_is_built_by_a_module_that_is_bound_in(box, project, tmp_path_factory):
    toolchain = tmp_path_factory.mktemp("toolchain")
    flit = PACKAGES / "flit_core"
    toolchain.chmod(0o755)  # who runs in the sandbox is another user
    shutil.copytree(flit, toolchain / "flit_core")
    ran = run(
        box,
        *("/usr/bin/python3", "-m", "flit_core.wheel"),
        work_dir=project,
        read_only=((toolchain, "/opt/toolchain"),),
        environment={"PYTHONPATH": "/opt/toolchain"},
    )
    assert ran.ended.succeeded, ran.output
    assert [path.name for path in (project / "dist").iterdir()] == ["sample-1.0-py2.py3-none-any.whl"]


def test_the_user_has_a_name_and_a_home(box, tmp_path):
    program = "import getpass, os, pathlib; print(getpass.getuser(), pathlib.Path.home(), os.path.expanduser('~build'))"
    assert python(box, program, work_dir=tmp_path).output == "build /w /w\n"
    assert shell(box, "id -un; id -gn; whoami", work_dir=tmp_path).output.split() == ["build"] * 3


def test_text_is_utf_8(box, tmp_path):
    program = "import locale, sys; print(sys.stdout.encoding, locale.getpreferredencoding(), 'é→😀')"
    assert python(box, program, work_dir=tmp_path).output == "utf-8 UTF-8 é→😀\n"


def test_temporary_files_and_shared_memory_can_be_made(box, tmp_path):
    program = """import multiprocessing, tempfile
with tempfile.TemporaryDirectory() as folder: print(folder.startswith("/tmp/"))
with multiprocessing.Pool(2) as pool: print(pool.map(abs, [-1, -2]))"""
    assert python(box, program, work_dir=tmp_path).output == "True\n[1, 2]\n"


def test_threads_and_names_of_the_own_machine_work(box, tmp_path):
    program = """import socket, threading
threads = [threading.Thread(target=print, args=(n,)) for n in range(3)]
for thread in threads: thread.start(); thread.join()
print(socket.gethostname(), socket.gethostbyname("localhost"))"""
    assert python(box, program, work_dir=tmp_path).output.split() == ["0", "1", "2", "build", "127.0.0.1"]


def test_git_works_in_the_work_folder(box, tmp_path):
    script = """git init -q && git config user.email a@b && git config user.name A && touch a && git add a &&
        git commit -q -m First && git log --oneline"""
    ran = shell(box, script, work_dir=tmp_path)
    assert ran.output.endswith("First\n"), ran.output


def test_a_second_command_goes_on_in_the_same_folder(box, tmp_path):
    shell(box, "umask 077; mkdir deep; echo first > deep/file", work_dir=tmp_path)
    assert shell(box, "cat deep/file && rm -r deep", work_dir=tmp_path).output == "first\n"
