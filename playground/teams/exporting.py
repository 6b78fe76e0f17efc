"""A team as files, for whoever teaches it and for the time after it."""

from __future__ import annotations

from typing import Any

import msgspec

from playground.teams import queries
from playground.teams.assignments import list_results
from playground.teams.models import Assignment, PackVersion, Team
from playground.teams.quotas import QUOTAS


def make_export(team: Team) -> bytes:
    """All of it as JSON."""
    told: dict[str, Any] = {
        "version": 1,
        "team": {
            "name": team.name,
            "created_at": team.created_at,
            "archived_at": team.archived_at,
            "quotas": {name: getattr(team, name) for name in QUOTAS},
        },
        "members": [
            {
                "name": one.name,
                "email": one.user.email,
                "role": one.role,
                "joined_at": one.joined_at,
            }
            for one in queries.list_members(team)
        ],
        "comments": [
            {
                "run_id": one.attempt.run_id,
                "by": one.author.email,
                "line": one.line,
                "at_us": one.at_us,
                "text": one.text,
                "at": one.created_at,
            }
            for one in team.comments.select_related("attempt", "author")
        ],
        "packs": [_tell_version(one) for one in queries.list_versions(team)],
        "assignments": [_tell(one) for one in team.assignments.all()],
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=1)


def _tell_version(version: PackVersion) -> dict[str, Any]:
    """Without its archive, which has an address of its own."""
    names = ("slug", "number", "title", "version", "cards", "state", "digest", "uploaded_at")
    uploader = version.uploaded_by.email if version.uploaded_by else None
    return {name: getattr(version, name) for name in names} | {"uploaded_by": uploader}


def _tell(assignment: Assignment) -> dict[str, Any]:
    learners = queries.list_learners_of(assignment) if assignment.is_open else []
    results = list_results(assignment, learners)
    names = ("title", "pack", "items", "opens_at", "due_at", "late", "pass_mark")
    return {name: getattr(assignment, name) for name in names} | {
        "results": [
            {
                "email": one.user.email,
                "is_met": results[one.pk].is_met,
                "items": [
                    {"state": each.state, "done_at": each.done_at}
                    for each in results[one.pk].standings
                ],
            }
            for one in learners
        ]
    }
