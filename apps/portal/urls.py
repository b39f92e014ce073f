"""Pages for people. The account stands in the path, so a link means the same for everyone."""

from allauth.account import views as sign_in
from django.urls import include, path

from apps.portal.views import actions, approvals, entry, executions, logs, pipelines, schedules

account_pages = [
    path("", pipelines.home, name="home"),
    path("pipelines/", pipelines.pipeline_list, name="pipelines"),
    path("pipelines/<str:name>/", pipelines.pipeline, name="pipeline"),
    path("pipelines/<str:name>/history/", executions.history, name="history"),
    path("pipelines/<str:name>/executions/<uuid:execution_id>/", executions.execution, name="execution"),
    path("pipelines/<str:name>/stages/<str:stage>/rollbacks/", executions.rollbacks, name="rollbacks"),
    path("pipelines/<str:name>/approvals/", approvals.approvals, name="approvals"),
    path("pipelines/<str:name>/approval-rule/", approvals.approval_rule, name="approval-rule"),
    path("pipelines/<str:name>/schedules/", schedules.schedules, name="schedules"),
    path("pipelines/<str:name>/schedules/save/", schedules.save, name="schedule-save"),
    path("pipelines/<str:name>/schedules/switch/", schedules.switch, name="schedule-switch"),
    path("pipelines/<str:name>/schedules/delete/", schedules.delete, name="schedule-delete"),
    path("pipelines/<str:name>/rollback/", actions.rollback, name="rollback"),
    path("pipelines/<str:name>/override/", actions.override, name="override"),
    path("pipelines/<str:name>/start/", actions.start, name="start"),
    path("pipelines/<str:name>/stop/", actions.stop, name="stop"),
    path("pipelines/<str:name>/retry/", actions.retry, name="retry"),
    path("pipelines/<str:name>/transition/", actions.transition, name="transition"),
    path("pipelines/<str:name>/approval/", actions.approval, name="approval"),
    path("actions/<uuid:action_execution_id>/log", logs.text, name="log"),
    path("actions/<uuid:action_execution_id>/log/lines", logs.lines, name="log-lines"),
]

urlpatterns = [
    path("", entry.front_door, name="front-door"),
    path("sign-in/", sign_in.login, name="account_login"),
    path("sign-out/", sign_in.logout, name="account_logout"),
    path("sign-up/", sign_in.signup, name="account_signup"),
    path("sign-in/inactive/", sign_in.account_inactive, name="account_inactive"),
    path("a/<str:account>/", include((account_pages, "portal"))),
]
