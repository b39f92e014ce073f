"""Print how many threats, faults and invariants are shown by tests, which are open, and why.

Run: python -m tests.security.coverage [--tests], with the tests of each row.
"""

import argparse

from tests.reliability.tables import FAULTS, INVARIANTS
from tests.security.threats import THREATS

TABLES = (THREATS, FAULTS, INVARIANTS)

if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m tests.security.coverage", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--tests", action="store_true", help="name the tests that show each row")
    arguments = parser.parse_args()
    for table in TABLES:
        print("\n".join(table.report(tests=arguments.tests)))
