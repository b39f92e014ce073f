"""What starts a pipeline by the clock, and the form that says so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.pages import Page
from apps.events.selectors import last_sequence
from apps.pipelines.selectors import current_version, find_pipeline
from apps.tenancy.models import Account
from apps.triggers.models import Schedule
from apps.triggers.selectors import list_schedules, next_starts

PAGE_SIZE = 50
MOST_SHOWN = 3  # next starts of a schedule
VARIABLE = "variable-"


@dataclass(frozen=True)
class ScheduleLine:
    name: str
    expression: str
    time_zone: str
    is_enabled: bool
    next_starts: tuple[datetime, ...]
    last_start_at: datetime | None
    variables: tuple[tuple[str, str], ...]
    error: str


@dataclass(frozen=True)
class SchedulesPage:
    """`changed` is the name of the schedule that the form changes, empty where it makes a new one."""

    name: str
    sequence: int
    schedules: Page[ScheduleLine]
    form: "ScheduleForm"
    changed: str


class ScheduleForm(forms.Form):
    """A schedule as a person writes it, with a field for each variable of the pipeline.

    Shapes: `variables` are the pipeline's declarations, `kept` the schedule's values, whose names may be others.
    """

    name = forms.CharField(label=_("Name"), max_length=64)
    expression = forms.CharField(
        label=_("When"), max_length=256, help_text=_("cron(0 9 ? * MON-FRI *) or rate(12 hours)")
    )
    time_zone = forms.CharField(
        label=_("Time zone"), max_length=50, initial="UTC", help_text=_("Whose clock cron goes by: Europe/Berlin")
    )
    is_enabled = forms.BooleanField(label=_("Starts the pipeline"), required=False, initial=True)

    def __init__(self, *given: Any, variables: Iterable[Mapping[str, Any]], kept: Mapping[str, str], **named: Any):
        super().__init__(*given, **named)
        declared = {item["name"]: item for item in variables}
        for name in [*declared, *(name for name in kept if name not in declared)]:
            item = declared.get(name, {})
            self.fields[VARIABLE + name] = forms.CharField(
                label=name,
                max_length=1000,
                required=False,
                strip=False,
                initial=kept.get(name, ""),
                help_text=item.get("description", ""),
                widget=forms.TextInput({"placeholder": item.get("defaultValue", "")}),
            )

    @property
    def values(self) -> dict[str, str]:
        """Return the variables that have a value."""
        found = {name: self.cleaned_data[name] for name in self.fields if name.startswith(VARIABLE)}
        return {name.removeprefix(VARIABLE): value for name, value in found.items() if value}

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("name", "expression", "time_zone")]

    @property
    def variable_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(VARIABLE)]


def schedule_form(account: Account, pipeline_name: str, kept: Schedule | None, data: Any = None) -> ScheduleForm:
    """Return the form of a schedule of the pipeline, of a new one without `kept`. Raises PipelineNotFound."""
    declaration = current_version(find_pipeline(account, pipeline_name)).declaration
    shown = {name: getattr(kept, name) for name in ("name", "expression", "time_zone", "is_enabled")} if kept else None
    return ScheduleForm(
        data,
        initial=shown,
        variables=declaration.get("variables", []),
        kept=kept.variables if kept else {},
    )


def schedules_page(
    account: Account, pipeline_name: str, form: ScheduleForm, *, changed: str, token: str | None
) -> SchedulesPage:
    """Raises InvalidNextToken."""
    sequence = last_sequence(account)
    found = list_schedules(account, size=PAGE_SIZE, token=token, pipeline_name=pipeline_name)
    lines = Page([_line(row) for row in found.rows], found.next_token)
    return SchedulesPage(pipeline_name, sequence, lines, form, changed)


def _line(schedule: Schedule) -> ScheduleLine:
    return ScheduleLine(
        name=schedule.name,
        expression=schedule.expression,
        time_zone=schedule.time_zone,
        is_enabled=schedule.is_enabled,
        next_starts=tuple(next_starts(schedule, MOST_SHOWN)),
        last_start_at=schedule.last_start_at,
        variables=tuple(schedule.variables.items()),
        error=schedule.error_message,
    )
