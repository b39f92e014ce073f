"""What every test shares. Rows are built by the `make_*` functions of `tests/factories.py`."""

from hypothesis import settings

settings.register_profile("headrace", deadline=None, derandomize=True)
settings.load_profile("headrace")
