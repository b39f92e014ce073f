"""One row of the table of rules."""

from typing import Any, NamedTuple

from apps.core.errors import HeadraceError


class Row(NamedTuple):
    """The least definition that breaks a rule. `number` is the number of the rule, reference section 3."""

    number: str
    breaks: str  # the rule, by the name of its function
    declaration: dict[str, Any]
    error: type[HeadraceError]
    text: str
