"""The settings of the product, by subject. What an operator may change comes from the environment through `env.py`."""

from .awsapi import *  # noqa: F403
from .base import *  # noqa: F403
from .jobs import *  # noqa: F403
from .live import *  # noqa: F403
from .queue import *  # noqa: F403
from .restapi import *  # noqa: F403
