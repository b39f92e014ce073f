"""Custom action types and the job protocol, with artifacts over the S3 endpoint."""

from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.journeys.workshop import Workshop, action, bounds, declare, definition, noop, refused, stage, take, unique
from tests.running import until

ONE = {"Build": [("Make", 1)]}


def a_property(name: str, **flags):
    return {"name": name, "required": True, "key": True, "secret": False, **flags}


def test_a_custom_type_is_declared_listed_and_deleted(api):
    """Shows CP-151 and the rules of reference 7.1."""
    settings = {"entityUrlTemplate": "https://ci.example/{Config:Project}"}
    type_id = declare(api, settings=settings, configurationProperties=[a_property("Project")])

    def listed():
        found = api.list_action_types(actionOwnerFilter="Custom")["actionTypes"]
        return {each["id"]["provider"]: each for each in found}

    assert listed()[type_id["provider"]]["settings"]["entityUrlTemplate"] == settings["entityUrlTemplate"]
    named = {key: type_id[key] for key in ("category", "provider", "version")}
    api.delete_custom_action_type(**named)
    assert type_id["provider"] not in listed()
    with refused("ActionTypeNotFoundException"):
        api.poll_for_jobs(actionTypeId=type_id)
    same = {"inputArtifactDetails": bounds(0, 1), "outputArtifactDetails": bounds(0, 1), "settings": settings}
    with refused("ValidationException"):
        api.create_custom_action_type(**named, **same, configurationProperties=[a_property("Other")])
    api.create_custom_action_type(**named, **same, configurationProperties=[a_property("Project")])
    assert type_id["provider"] in listed()


def test_a_declaration_must_make_sense(api):
    """Shows CP-136, CP-137."""
    queryable = a_property("A", queryable=True)
    with pytest.raises(ClientError, match="Up to one queryable property may be specified"):
        declare(api, configurationProperties=[queryable, a_property("B", queryable=True)])
    for flags in ({"secret": True}, {"required": False}):
        with pytest.raises(ClientError, match="must be required and non-secret"):
            declare(api, configurationProperties=[{**queryable, **flags}])
    with pytest.raises(ClientError, match="has to be greater than or equal to minimum"):
        api.create_custom_action_type(
            category="Build",
            provider=unique("Bad"),
            version="1",
            inputArtifactDetails=bounds(2, 1),
            outputArtifactDetails=bounds(0, 0),
        )


def test_an_account_has_fifty_types_also_with_those_that_come_back(headrace):
    """Shows the quota of reference 7.1."""
    api = headrace.client(headrace.create_account("Types"))
    first, *others = [declare(api) for _ in range(50)]
    with refused("LimitExceededException"):
        declare(api)
    named = {key: first[key] for key in ("category", "provider", "version")}
    api.delete_custom_action_type(**named)
    declare(api)
    again = {**named, "inputArtifactDetails": bounds(0, 1), "outputArtifactDetails": bounds(0, 1)}
    with refused("LimitExceededException"):
        api.create_custom_action_type(**again)
    api.delete_custom_action_type(**{key: others[0][key] for key in named})
    api.create_custom_action_type(**again)


def test_the_catalogue_lists_the_built_in_types(api):
    built_in = {
        (each["id"]["category"], each["id"]["owner"], each["id"]["provider"])
        for each in api.list_action_types()["actionTypes"]
    }
    assert built_in >= {
        ("Source", "ThirdParty", "Git"),
        ("Compute", "AWS", "Commands"),
        ("Approval", "AWS", "Manual"),
        ("Deploy", "ThirdParty", "Folder"),
    }


def test_a_job_is_offered_acknowledged_and_ended_once(api, account):
    """Shows CP-138, CP-140, CP-141, CP-145, CP-147."""
    shop = Workshop(api, account, ONE)
    (job,) = until(lambda: api.poll_for_jobs(actionTypeId=shop.type)["jobs"], what="an offer")
    assert (len(job["nonce"]), job["accountId"]) == (20, account["account_id"])
    with refused("InvalidJobStateException"):
        api.put_job_success_result(jobId=job["id"])
    with refused("InvalidNonceException"):
        api.acknowledge_job(jobId=job["id"], nonce="1")
    assert api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])["status"] == "InProgress"
    with refused("InvalidNonceException"):
        api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
    result = {"jobId": job["id"], "executionDetails": {"summary": "Done", "externalExecutionId": "7"}}
    api.put_job_success_result(**result)
    api.put_job_success_result(**result)
    with refused("InvalidJobStateException"):
        api.put_job_success_result(jobId=job["id"], executionDetails={"summary": "Otherwise"})
    with refused("InvalidJobStateException"):
        api.put_job_failure_result(jobId=job["id"], failureDetails={"type": "JobFailed", "message": "No"})
    assert shop.action_state("Build", "Make")["summary"] == "Done"
    for call in (api.get_job_details, api.put_job_success_result):
        with refused("JobNotFoundException"):
            call(jobId=str(uuid4()))
    with refused("ActionTypeNotFoundException"):
        api.poll_for_jobs(actionTypeId={**shop.type, "provider": "Nobody"})
    with refused("ValidationException"):
        api.poll_for_jobs(actionTypeId={**shop.type, "owner": "AWS"})


def test_a_failure_keeps_its_type_and_text(api, account):
    """Shows CP-144."""
    shop = Workshop(api, account, ONE)
    shop.fail(shop.first, "Make", "No such project.", "ConfigurationError")
    assert shop.action_state("Build", "Make")["errorDetails"] == {
        "code": "ConfigurationError",
        "message": "No such project.",
    }
    assert shop.status(shop.first) == "Failed"


def test_a_continuation_goes_on_in_a_new_job(api, account):
    """Shows CP-142, CP-143."""
    shop = Workshop(api, account, ONE)
    job = shop.job(shop.first, "Make")
    action_execution = job["data"]["pipelineContext"]["action"]["actionExecutionId"]
    with refused("ValidationException"):
        api.put_job_success_result(jobId=job["id"], continuationToken="half", outputVariables={"A": "1"})
    api.put_job_success_result(
        jobId=job["id"], continuationToken="half", executionDetails={"summary": "Half way", "percentComplete": 50}
    )
    assert shop.action_state("Build", "Make")["percentComplete"] == 50
    del shop.held[shop.first, "Make"]
    following = shop.job(shop.first, "Make")
    assert following["id"] != job["id"]
    assert following["data"]["continuationToken"] == "half"
    assert following["data"]["pipelineContext"]["action"]["actionExecutionId"] == action_execution
    shop.succeed(shop.first, "Make")
    assert shop.status(shop.first) == "Succeeded"


def test_a_queryable_property_chooses_the_jobs(api, account):
    """Shows CP-139, CP-150."""
    type_id = declare(
        api,
        settings={"executionUrlTemplate": "https://ci.example/{Config:ProjectName}/{ExternalExecutionId}"},
        configurationProperties=[a_property("ProjectName", queryable=True)],
    )
    name = unique("queried")
    make = action("Make", type_id, configuration={"ProjectName": "harbor"})
    api.create_pipeline(
        pipeline=definition(account, name, [stage("Source", action("Start", noop("Source"))), stage("Build", make)])
    )
    with refused("ValidationException"):
        api.poll_for_jobs(actionTypeId=type_id)

    def offered(project: str):
        return api.poll_for_jobs(actionTypeId=type_id, queryParam={"ProjectName": project})["jobs"]

    (job,) = until(lambda: offered("harbor"), what="an offer")
    assert offered("other") == []
    api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
    api.put_job_success_result(jobId=job["id"], executionDetails={"externalExecutionId": "12"})
    (found,) = api.get_pipeline_state(name=name)["stageStates"][1]["actionStates"]
    assert found["latestExecution"]["externalExecutionUrl"] == "https://ci.example/harbor/12"


def test_secrets_are_clear_for_jobs_only(api, account):
    """Shows CP-064, CP-146."""
    type_id = declare(api, configurationProperties=[a_property("Token", secret=True, key=False)])
    name = unique("secret")
    make = action("Make", type_id, configuration={"Token": "tell-nobody"})
    wanted = definition(account, name, [stage("Source", action("Start", noop("Source"))), stage("Build", make)])
    made = api.create_pipeline(pipeline=wanted)
    assert made["pipeline"]["stages"][1]["actions"][0]["configuration"] == {"Token": "****"}
    (job,) = until(lambda: api.poll_for_jobs(actionTypeId=type_id)["jobs"], what="an offer")
    details = api.get_job_details(jobId=job["id"])["jobDetails"]["data"]
    for data in (job["data"], details):
        assert data["actionConfiguration"]["configuration"] == {"Token": "tell-nobody"}
    assert "tell-nobody" not in repr(api.get_pipeline(name=name))
    assert "tell-nobody" not in repr(api.list_action_executions(pipelineName=name))
    api.acknowledge_job(jobId=job["id"], nonce=job["nonce"])
    api.put_job_success_result(jobId=job["id"])
    api.update_pipeline(pipeline=api.get_pipeline(name=name)["pipeline"])
    started = api.start_pipeline_execution(name=name)["pipelineExecutionId"]

    def offered():
        jobs = api.poll_for_jobs(actionTypeId=type_id)["jobs"]
        return [each for each in jobs if each["data"]["pipelineContext"]["pipelineExecutionId"] == started]

    (again,) = until(offered, what="an offer after the update")
    assert again["data"]["actionConfiguration"]["configuration"] == {"Token": "tell-nobody"}
    masked = action("Other", type_id, configuration={"Token": "****"})
    with pytest.raises(ClientError, match="may be used in secret properties only when updating an existing action"):
        api.create_pipeline(
            pipeline={**wanted, "name": unique("masked"), "stages": [wanted["stages"][0], stage("B", masked)]}
        )


def test_variables_flow_from_action_to_action(api, account):
    """Shows CP-078, CP-129, CP-133, CP-134, CP-135."""
    type_id = declare(api, configurationProperties=[a_property("Text")])
    name = unique("variables")
    stages = [
        stage("Source", action("Start", noop("Source"))),
        stage("Say", action("Say", type_id, configuration={"Text": "x"}, namespace="Said")),
        stage(
            "Use",
            action("Use", type_id, configuration={"Text": "#{Said.Word} in #{codepipeline.PipelineExecutionId}"}),
        ),
        stage("Miss", action("Miss", type_id, configuration={"Text": "#{Said.Nothing}"})),
    ]
    api.create_pipeline(pipeline=definition(account, name, stages))

    job = take(api, type_id)
    with refused("OutputVariablesSizeExceededException"):
        api.put_job_success_result(jobId=job["id"], outputVariables={"Big": "x" * 122_880})
    api.put_job_success_result(jobId=job["id"], outputVariables={"Word": "#{Said.Word}"})
    job = take(api, type_id)
    execution = job["data"]["pipelineContext"]["pipelineExecutionId"]
    expected = f"#{{Said.Word}} in {execution}"
    assert job["data"]["actionConfiguration"]["configuration"]["Text"] == expected
    api.put_job_success_result(jobId=job["id"])
    details = api.list_action_executions(pipelineName=name)["actionExecutionDetails"]
    use = next(each for each in details if each["actionName"] == "Use")
    assert use["input"]["resolvedConfiguration"]["Text"] == expected
    assert use["input"]["configuration"]["Text"].startswith("#{Said.Word} in #{")
    miss = next(each for each in details if each["actionName"] == "Miss")
    message = miss["output"]["executionResult"]["errorDetails"]["message"]
    assert message.startswith("An action in this pipeline failed because one or more variables could not be resolved")
    assert api.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"][0]["status"] == "Failed"


def test_variables_of_the_pipeline_are_bound_at_the_start(api, account):
    """Shows CP-130, CP-131, CP-132."""
    name = unique("bound")
    stages = [stage("Source", action("Start", noop("Source"))), stage("Build", action("Make", noop("Build")))]
    variables = [{"name": "Needed"}, {"name": "Known", "defaultValue": "yes"}]
    api.create_pipeline(pipeline=definition(account, name, stages, variables=variables))

    def read(execution: str):
        return api.get_pipeline_execution(pipelineName=name, pipelineExecutionId=execution)["pipelineExecution"]

    failed = read(api.start_pipeline_execution(name=name)["pipelineExecutionId"])
    assert failed["status"] == "Failed"
    assert failed["statusSummary"] == "Values for required variables haven't been provided: Needed"
    assert "variables" not in failed
    given = [{"name": "Needed", "value": "1"}, {"name": "Strange", "value": "2"}]
    started = read(api.start_pipeline_execution(name=name, variables=given)["pipelineExecutionId"])
    assert {each["name"]: each["resolvedValue"] for each in started["variables"]} == {"Needed": "1", "Known": "yes"}
    with refused("ValidationException"):
        api.start_pipeline_execution(name=name, variables=[given[0], given[0]])
