"""What teams send by mail: invitations, and reminders with a way to have no more of them."""

from __future__ import annotations

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from playground.teams.models import Invitation
from playground.teams.reminding import STOP_LINK, Due


def make_invitation(invitation: Invitation, link: str) -> EmailMessage:
    """``link`` joins, once."""
    context = {"invitation": invitation, "team": invitation.team, "link": link}
    # A line break in a subject would be a header; a team's name has none by its form.
    return EmailMessage(
        subject=f"Join {' '.join(invitation.team.name.split())} on Async databases",
        body=render_to_string("teams/invitation.txt", context),
        to=[invitation.email],
    )


def make_reminder(due: Due, site: str) -> EmailMessage:
    """``site`` is what its links begin with: scheme and host."""
    stop = f"{site}{reverse('reminders-stop', args=[STOP_LINK.sign(due.member.user)])}"
    context = {
        "due": due,
        "due_at": f"{due.due_at:%-d %B %Y, %H:%M} UTC",
        "site": site,
        "stop": stop,
    }
    return EmailMessage(
        subject=f"Due soon: {' '.join(due.assignment.title.split())}",
        body=render_to_string("teams/reminder.txt", context),
        to=[due.member.user.email],
        # RFC 8058: a mail program posts to the address itself, without asking its reader.
        headers={
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
