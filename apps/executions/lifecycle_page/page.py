"""The page as text. Pure."""

from itertools import groupby

from .diagrams import LIFECYCLES, Lifecycle, diagram, final_states
from .rules import BESIDE, RULES, SECTIONS, Rule

ENGINE = "apps.executions.engine"
HEAD = """\
<!-- Written by `python -m apps.executions.lifecycle_page > docs/engine.md`. Change the tables, then write it anew. -->
# The engine

The engine decides what happens next. It takes a frozen picture of a pipeline and one cause, and returns what to do and
how the pipeline stands then; it knows no database, no clock and no chance, so every decision can be tried as a value.
All of it is in [`apps/executions/engine/`](../apps/executions/engine/):

| Module | Says |
|---|---|
| [`lifecycle`](../apps/executions/engine/lifecycle.py) | every state, every cause, every move: the tables drawn below |
| [`plan`](../apps/executions/engine/plan.py) | what a definition asks for: stages, run orders, conditions, results |
| [`snapshot`](../apps/executions/engine/snapshot.py) | how a pipeline stands at one moment |
| [`causes`](../apps/executions/engine/causes.py) | what sets the engine going |
| [`effects`](../apps/executions/engine/effects.py) | what a decision asks to be done |
| [`decide`](../apps/executions/engine/decide.py) | taking a cause in, waiting at a stage's entry, coming to rest |
| [`requests`](../apps/executions/engine/requests.py) | start, stop, override, results of jobs, update, delete |
| [`stage`](../apps/executions/engine/stage.py) | inside a stage: entry, run order, success, failure, leaving |
| [`conditions`](../apps/executions/engine/conditions.py) | conditions and their rules |
| [`retrying`](../apps/executions/engine/retrying.py) | retry, asked for or automatic |
| [`rollback`](../apps/executions/engine/rollback.py) | rollback, asked for or automatic |
| [`board`](../apps/executions/engine/board.py) | the working copy during a decision: locks, waiters, legal moves |

## Lifecycles

A pair of state and cause that has no arrow does not exist: the engine refuses it.
"""
RULES_HEAD = """\
## Rules

Each rule as CodePipeline has it, and the one place that decides it. The statements are those of the conformance tests.
"""
BESIDE_HEAD = """\
## Rules beside the engine

These take a look into the history, the configuration or the clock, which the engine does not have.
"""


def page() -> str:
    parts = [HEAD, *(_lifecycle(each) for each in LIFECYCLES), RULES_HEAD, *_tables(RULES), BESIDE_HEAD]
    return "\n".join([*parts, *_tables(BESIDE)])


def _lifecycle(lifecycle: Lifecycle) -> str:
    finals = final_states(lifecycle)
    facts = [f"Final: {', '.join(finals)}."]
    facts += [f"{state} is ours; the wire says {word}." for state, word in lifecycle.own_words.items()]
    facts += [lifecycle.note] if lifecycle.note else []
    title = f"### {lifecycle.title} (`{lifecycle.table}`)"
    return f"{title}\n\n```mermaid\n{diagram(lifecycle)}\n```\n\n{' '.join(facts)}\n"


def _tables(rules: tuple[Rule, ...]) -> list[str]:
    return [_table(section, list(found)) for section, found in groupby(rules, lambda rule: rule.section)]


def _table(section: str, rules: list[Rule]) -> str:
    rows = [f"| {rule.says} | {place(rule.where)} | {rule.shown_by or '–'} |" for rule in rules]
    return "\n".join([f"### {SECTIONS[section]}\n", "| Rule | Where | Statements |", "|---|---|---|", *rows, ""])


def place(where: str) -> str:
    """Return a link to the module, with the name of what decides there."""
    module, name = module_of(where)
    return f"[`{module.rpartition('.')[2]}.{name}`](../{module.replace('.', '/')}.py)"


def module_of(where: str) -> tuple[str, str]:
    """Return the whole name of a rule's module, and the name in it."""
    module, name = where.split(":")
    return (module if "." in module else f"{ENGINE}.{module}"), name
