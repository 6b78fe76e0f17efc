"""Addresses of teams."""

from django.urls import path

from playground.teams import (
    assignment_views,
    feedback_views,
    joining_views,
    looking_views,
    pack_views,
    quota_views,
    views,
)

urlpatterns = [
    path("join/<str:token>/", joining_views.join, name="join"),
    path("teams/", views.home, name="teams"),
    path("teams/feedback/", feedback_views.notices, name="feedback"),
    path("teams/reminders/", assignment_views.by_mail, name="reminders"),
    path("teams/reminders/<str:token>/", assignment_views.stop_reminders, name="reminders-stop"),
    path("teams/<slug:team>/", views.team, name="team"),
    path("teams/<slug:team>/join/", joining_views.join_by_address, name="join-by-address"),
    path("teams/<slug:team>/leave/", views.leave, name="team-leave"),
    path("teams/<slug:team>/settings/", views.rename, name="team-settings"),
    path("teams/<slug:team>/quotas/", quota_views.quotas, name="team-quotas"),
    path("teams/<slug:team>/archive/", views.archive, name="team-archive"),
    path("teams/<slug:team>/unarchive/", views.unarchive, name="team-unarchive"),
    path("teams/<slug:team>/delete/", views.delete, name="team-delete"),
    path("teams/<slug:team>/team.json", views.export, name="team-export"),
    path("teams/<slug:team>/grid.csv", looking_views.grid_csv, name="team-grid"),
    path("teams/<slug:team>/learners/<int:member>/", looking_views.learner, name="team-learner"),
    path(
        "teams/<slug:team>/cards/<slug:pack>/<slug:card>/",
        looking_views.team_card,
        name="team-card",
    ),
    path("teams/<slug:team>/attempts/<slug:run_id>/", looking_views.attempt, name="team-attempt"),
    path(
        "teams/<slug:team>/attempts/<slug:run_id>/fragments/",
        looking_views.attempt_fragments,
        name="team-attempt-fragments",
    ),
    path(
        "teams/<slug:team>/attempts/<slug:run_id>/comments/",
        feedback_views.comment,
        name="attempt-comment",
    ),
    path(
        "teams/<slug:team>/comments/<int:comment>/delete/",
        feedback_views.delete_comment,
        name="comment-delete",
    ),
    path("teams/<slug:team>/members/", views.members, name="team-members"),
    path("teams/<slug:team>/members/<int:member>/role/", views.set_role, name="member-role"),
    path("teams/<slug:team>/members/<int:member>/remove/", views.remove, name="member-remove"),
    path("teams/<slug:team>/links/", joining_views.make_link, name="team-link"),
    path("teams/<slug:team>/invite/", joining_views.invite, name="team-invite"),
    path("teams/<slug:team>/domain/", joining_views.open_domain, name="team-domain"),
    path("teams/<slug:team>/assignments/new/", assignment_views.new, name="assignment-new"),
    path(
        "teams/<slug:team>/assignments/<int:assignment>/",
        assignment_views.assignment,
        name="assignment",
    ),
    path(
        "teams/<slug:team>/assignments/<int:assignment>/edit/",
        assignment_views.edit,
        name="assignment-edit",
    ),
    path(
        "teams/<slug:team>/assignments/<int:assignment>/delete/",
        assignment_views.delete,
        name="assignment-delete",
    ),
    path("teams/<slug:team>/packs/", pack_views.packs, name="team-packs"),
    path("teams/<slug:team>/packs/upload/", pack_views.upload, name="pack-upload"),
    path("teams/<slug:team>/packs/<int:version>/", pack_views.version, name="pack-version"),
    *(
        path(f"teams/<slug:team>/packs/<int:version>/{act}/", view, name=f"pack-{act}")
        for act, view in (
            ("archive", pack_views.archive),
            ("publish", pack_views.publish),
            ("withdraw", pack_views.withdraw),
            ("delete", pack_views.delete),
        )
    ),
    path(
        "teams/<slug:team>/invitations/<int:invitation>/withdraw/",
        joining_views.withdraw,
        name="invitation-withdraw",
    ),
]
