"""Statements composed once: they read and write what the ORM reads and writes, on either database."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, connections, transaction

from apps.core.statements import Change, Statement, Template, insert, model_of, update
from apps.events.models import Event
from apps.executions.models import PipelineExecution
from apps.jobs.models import Job, LogChunk
from tests.factories import NOW, first_execution, job_of, make_account, make_pipeline, start

pytestmark = pytest.mark.django_db

OF_A_PIPELINE = Statement(
    lambda pipeline, number: (
        PipelineExecution.objects.filter(pipeline=pipeline, number__lte=number)
        .select_related("pipeline__account")
        .order_by("-number")
    ),
    pipeline=PipelineExecution.pipeline,
    number=PipelineExecution.number,
)


def values(row):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_rows_are_those_of_the_queryset_with_what_they_point_to(django_assert_num_queries):
    pipeline = make_pipeline(mode="PARALLEL")
    start(pipeline, variables=())
    expected = list(PipelineExecution.objects.filter(pipeline=pipeline).order_by("-number"))
    with django_assert_num_queries(1):
        found = OF_A_PIPELINE.rows(pipeline=pipeline.pk, number=2)
        assert [values(row) for row in found] == [values(row) for row in expected]
        assert {row.pipeline.account.number for row in found} == {pipeline.account.number}
        assert all(row._state.db == "default" and not row._state.adding for row in found)


def test_the_second_call_goes_by_its_own_arguments():
    one, other = make_pipeline(), make_pipeline(name="other", account=make_account("Other"))
    for pipeline in (one, other, one):
        (row,) = OF_A_PIPELINE.rows(pipeline=pipeline.pk, number=1)
        assert row.pipeline_id == pipeline.pk
    assert OF_A_PIPELINE.rows(pipeline=one.pk, number=0) == []
    assert OF_A_PIPELINE.first(pipeline=one.pk, number=0) is None


def test_it_is_composed_once_for_each_connection():
    made = []

    def build(pk):
        made.append(pk)
        return Job.objects.filter(pk=pk).order_by()

    statement = Statement(build, pk=Job.id)
    job = job_of(first_execution(make_pipeline()), "Fetch")
    assert [statement.first(pk=job.pk) for _ in range(3)] == [job] * 3
    assert len(made) == 1


def test_values_come_as_tuples_and_make_models_again():
    execution = first_execution(make_pipeline())
    names = ["id", "state", "started_at", "revisions"]
    statement = Statement(
        lambda pk: PipelineExecution.objects.filter(pk=pk).order_by().values_list(*names), pk=PipelineExecution.id
    )
    (row,) = statement.rows(pk=execution.pk)
    assert row == (execution.pk, "InProgress", NOW, [])
    made = model_of(PipelineExecution, names, row)
    assert (made.pk, made.state, made.number) == (execution.pk, "InProgress", 1)  # the number is read now


def test_a_row_is_written_as_save_writes_it():
    job = job_of(first_execution(make_pipeline()), "Fetch")
    copy = Job(**{**values(job), "id": type(job.pk)(int=1), "order": {"context": {"a": ["ü", None]}}})
    insert(copy)
    assert values(Job.objects.get(pk=copy.pk)) == values(copy)
    assert not copy._state.adding


def test_keys_that_the_database_makes_are_filled_in():
    account, action, content = make_account(), first_execution(make_pipeline()).pk, b"\x00\xff"
    chunks = [
        LogChunk(account=account, action_execution_id=action, start=start, content=content, written_at=NOW)
        for start in (0, 2)
    ]
    insert(*chunks)
    assert [bytes(LogChunk.objects.get(pk=chunk.pk, start=chunk.start).content) for chunk in chunks] == [content] * 2


def test_fields_of_a_row_are_changed_and_no_others():
    job = job_of(first_execution(make_pipeline()), "Fetch")
    job.holder, job.lease_until, job.nonce = "me", NOW + timedelta(seconds=5), "unsaved"
    update(job, "holder", "lease_until")
    found = Job.objects.get(pk=job.pk)
    assert (found.holder, found.lease_until, found.nonce) == ("me", NOW + timedelta(seconds=5), "")


def test_changing_a_row_that_is_gone_is_refused():
    job = job_of(first_execution(make_pipeline()), "Fetch")
    Job.objects.filter(pk=job.pk).delete()
    says = "division by zero" if connection.vendor == "postgresql" else "Job .* is not there any more"
    with pytest.raises(DatabaseError, match=says), transaction.atomic():
        update(job, "holder")


def test_rows_are_locked_where_the_database_can():
    statement = Statement(
        lambda sequence: Event.objects.filter(sequence=sequence).select_for_update(of=("self",)).order_by(),
        sequence=Event.sequence,
    )
    make_pipeline()
    with transaction.atomic():
        assert statement.first(sequence=1).kind
    composed = connections["default"].__dict__["_headrace_statements"][statement]
    assert composed.sql.endswith('FOR UPDATE OF "events_event"') is connection.features.has_select_for_update


def test_a_change_writes_its_values_to_the_rows_that_fit(django_assert_num_queries):
    pipeline, other = make_pipeline(mode="PARALLEL"), make_pipeline(mode="PARALLEL", name="other")
    start(pipeline, variables=())
    annotate = Change(
        lambda pipeline, number: PipelineExecution.objects.filter(pipeline=pipeline, number__lte=number),
        {"status_summary": "annotated", "superseded_by": None},
        pipeline=PipelineExecution.pipeline,
        number=PipelineExecution.number,
    )
    with django_assert_num_queries(2):
        assert annotate.apply(pipeline=pipeline.pk, number=1) == 1
        assert annotate.apply(pipeline=pipeline.pk, number=0) == 0
    rows = PipelineExecution.objects.order_by("pipeline", "number")
    found = list(rows.values_list("pipeline", "number", "status_summary"))
    assert found == [(pipeline.pk, 1, "annotated"), (pipeline.pk, 2, ""), (other.pk, 1, "")]


def test_an_update_that_names_no_field_writes_them_all():
    execution = first_execution(make_pipeline())
    execution.status_summary, execution.artifacts = "rewritten", {"Code": {"key": "k"}}
    execution.state, execution.ended_at = "Succeeded", NOW
    update(execution)
    assert values(PipelineExecution.objects.get(pk=execution.pk)) == values(execution)


def test_a_template_that_composes_nothing_cannot_be_made():
    with pytest.raises(TypeError, match="abstract"):
        Template(lambda: Event.objects.all())
