"""Keeping, beside the definitions, who listens to which repository. Source: reference sections 6.2 and 6.4."""

from apps.connections.arns import read_connection_arn
from apps.pipelines.models import Pipeline, PipelineVersion
from apps.triggers.engine.listening import listeners_of
from apps.triggers.models import GitListener


def listen(version: PipelineVersion) -> None:
    """Keep what the definition's source actions listen to. An ARN that names no connection is never called."""
    stop_listening(version.pipeline)
    rows = []
    for each in listeners_of(version.declaration):
        named = read_connection_arn(each.connection)
        # An account hears of its own connections only: whoever names another's hears nothing.
        if named is None or named.account_number != version.account.number:
            continue
        rows.append(
            GitListener(
                account=version.account,
                pipeline=version.pipeline,
                action=each.action,
                connection_uid=named.uid,
                repository=each.repository.lower(),
                branch=each.listening.branch,
                detects=each.listening.detects,
                git=each.listening.git,
            )
        )
    GitListener.objects.bulk_create(rows)


def stop_listening(pipeline: Pipeline) -> None:
    GitListener.objects.for_account(pipeline.account).filter(pipeline=pipeline).delete()
