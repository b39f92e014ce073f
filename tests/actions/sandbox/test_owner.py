import os
import subprocess
import sys

import pytest

from apps.actions.sandbox import SandboxBroken
from apps.actions.sandbox.owner import leased_uid, new_tag, owner_lives


def test_a_tag_tells_that_its_owner_lives():
    assert owner_lives(new_tag())


def test_and_that_it_is_gone():
    program = "from apps.actions.sandbox.owner import new_tag; print(new_tag())"
    tag = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    assert not owner_lives(tag)


def test_a_process_that_got_the_same_number_later_is_not_the_owner():
    assert not owner_lives(f"{os.getpid()}-1-abc")


@pytest.mark.parametrize("name", ["docker", "", "12-x", "a-b-c"])
def test_what_is_no_tag_is_left_alone(name):
    assert owner_lives(name)


def test_no_two_runs_get_the_same_user():
    two = range(64_000, 64_002)
    with leased_uid(two) as first, leased_uid(two) as second:
        assert {first, second} == set(two)
        with pytest.raises(SandboxBroken, match="64000 and 64001"), leased_uid(two):
            pass


def test_a_user_is_free_again_afterwards():
    one = range(64_005, 64_006)
    for _ in range(2):
        with leased_uid(one) as uid:
            assert uid == 64_005
