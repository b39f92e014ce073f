"""What any declared action type must keep to, in whichever words. Pure. Source: reference section 7.1."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from apps.actions.errors import ActionTypeInvalid

CONFIG_PLACEHOLDER = re.compile(r"\{Config:([^}]*)\}")


class Marks(NamedTuple):
    """What matters of one property, in whichever words it was declared."""

    name: str
    required: bool
    secret: bool
    queryable: bool

    @property
    def is_shown(self) -> bool:
        """Whether links may hold its value: it is always there, and everybody may see it."""
        return self.required and not self.secret


def check_properties(properties: Sequence[Marks]) -> None:
    """Raises ActionTypeInvalid."""
    names = [item.name for item in properties]
    for name in names:
        if names.count(name) > 1:
            raise ActionTypeInvalid(f"The configuration property '{name}' is declared more than once.")
    queryable = [item for item in properties if item.queryable]
    if len(queryable) > 1:
        raise ActionTypeInvalid(
            "Multiple queryable configuration properties found with names "
            f"'{', '.join(item.name for item in queryable)}'. Up to one queryable property may be specified."
        )
    for item in queryable:
        if not item.is_shown:
            raise ActionTypeInvalid(
                f"Invalid queryable property '{item.name}'. Queryable configuration properties must be required "
                "and non-secret."
            )


def check_category(category: str) -> None:
    """Raises ActionTypeInvalid."""
    if category == "Approval":
        raise ActionTypeInvalid("An action type of the category Approval cannot be declared. Choose another category.")


def check_artifacts(category: str, inputs: Mapping[str, int], outputs: Mapping[str, int]) -> None:
    """Raises ActionTypeInvalid. Shapes: `inputs` and `outputs` are ArtifactDetails of the wire API."""
    for least, most in ((side["minimumCount"], side["maximumCount"]) for side in (inputs, outputs)):
        if least > most:
            raise ActionTypeInvalid(
                f"Maximum Number of Artifacts ({most}) has to be greater than or equal to minimum ({least})."
            )
    if category == "Source" and inputs["maximumCount"]:
        raise ActionTypeInvalid("A Source action type takes no input artifacts. Set inputArtifactDetails to 0 and 0.")


def check_url_templates(templates: Mapping[str, str], shown: Collection[str]) -> None:
    """Raises ActionTypeInvalid. Shapes: `templates` by member; `shown` names the required and non-secret properties."""
    for member, template in templates.items():
        for name in CONFIG_PLACEHOLDER.findall(template):
            if name not in shown:
                raise ActionTypeInvalid(
                    f"{member} names {{Config:{name}}}, which must be a required and non-secret configuration property."
                )
