"""A reason as a sentence. Its times stand beside it: whoever shows it adds them in the reader's zone."""

from django.utils.translation import gettext as _

from .chain import EndedBy, Reason, Wait

CONDITIONS = {"BEFORE_ENTRY": "entry condition", "ON_SUCCESS": "success condition", "ON_FAILURE": "failure condition"}


def sentence(wait: Wait) -> str:
    """Return why an execution is not moving, with what that waits for in turn."""
    said = TOLD[wait.reason](wait)
    if wait.behind is None:
        return said
    behind = sentence(wait.behind)
    joined = _("%(said)s, itself held: %(behind)s") if wait.reason is Reason.OCCUPIED else _("%(said)s. %(behind)s")
    return joined % {"said": said.rstrip("."), "behind": behind}


def _words(wait: Wait) -> dict[str, object]:
    return {
        "stage": wait.stage,
        "action": wait.action,
        "type": wait.subject,
        "who": _name(wait.by),
        "note": wait.note.strip().rstrip("."),
        "place": wait.place,
        "most": wait.most,
        "condition": CONDITIONS.get(wait.condition, ""),
    }


def _name(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


def _approval(wait: Wait) -> str:
    if wait.most > 1:
        return _("%(stage)s waits for the approval “%(action)s”: %(place)s of %(most)s given.") % _words(wait)
    return _("%(stage)s waits for the approval “%(action)s”.") % _words(wait)


def _transition(wait: Wait) -> str:
    if wait.note:
        return _("The transition into %(stage)s was disabled by %(who)s: “%(note)s”.") % _words(wait)
    return _("The transition into %(stage)s was disabled by %(who)s.") % _words(wait)


def _occupied(wait: Wait) -> str:
    words = {**_words(wait), "other": wait.behind.number if wait.behind else ""}
    return _("%(stage)s is busy with execution %(other)s.") % words


def _queue(wait: Wait) -> str:
    return _("Number %(place)s in line before %(stage)s, where one execution passes at a time.") % _words(wait)


def _worker(wait: Wait) -> str:
    if wait.ended_by is EndedBy.OPERATOR:
        return _("“%(action)s” waits for a free worker.") % _words(wait)
    if wait.asked is None:
        return _("No job worker has asked for %(type)s, the type of “%(action)s”.") % _words(wait)
    words = {**_words(wait), "who": _name(wait.asked.by) or _("its publisher's job worker")}
    if wait.asked.is_late:
        return _("No job worker asks for %(type)s any more, the type of “%(action)s”; %(who)s was the last.") % words
    return _("“%(action)s” waits: %(who)s asks for %(type)s and has not taken it.") % words


def _condition(wait: Wait) -> str:
    if wait.note:
        return _("The %(condition)s of %(stage)s asks “%(action)s”: %(note)s.") % _words(wait)
    return _("The %(condition)s of %(stage)s asks “%(action)s”.") % _words(wait)


def _retry(wait: Wait) -> str:
    return _("Attempt %(place)s of %(most)s at “%(action)s” is about to begin: the one before was cut off.") % _words(
        wait
    )


def _external(wait: Wait) -> str:
    if wait.note:
        return _("“%(action)s” goes on elsewhere: %(note)s.") % _words(wait)
    if wait.ended_by is EndedBy.JOB_WORKER:
        return _("A job worker has taken “%(action)s” and has not reported yet.") % _words(wait)
    return _("“%(action)s” goes on elsewhere.") % _words(wait)


def _running(wait: Wait) -> str:
    return _("“%(action)s” is running.") % _words(wait)


def _settling(wait: Wait) -> str:
    return _("A result is being taken in.") % _words(wait)


def _stale(wait: Wait) -> str:
    return _("It waited before %(stage)s for more than 30 days and is not let in any more. Start a new one.") % _words(
        wait
    )


def _stopping(wait: Wait) -> str:
    return _("It is being stopped and waits for what still runs in %(stage)s.") % _words(wait)


TOLD = {
    Reason.APPROVAL: _approval,
    Reason.WORKER: _worker,
    Reason.CONDITION: _condition,
    Reason.RETRY: _retry,
    Reason.EXTERNAL: _external,
    Reason.RUNNING: _running,
    Reason.SETTLING: _settling,
    Reason.TRANSITION: _transition,
    Reason.OCCUPIED: _occupied,
    Reason.QUEUE: _queue,
    Reason.STALE: _stale,
    Reason.STOPPING: _stopping,
}
