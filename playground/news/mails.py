"""News as a mail to one account, with a way to have no more of it in every mail program."""

from __future__ import annotations

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from playground.accounts.models import User
from playground.catalog import markdown
from playground.news import operations
from playground.news.queries import Entry


def make_mail(user: User, entries: list[Entry], site: str) -> EmailMessage:
    """``site`` is what its links begin with: scheme and host."""
    stop = f"{site}{reverse('news-unsubscribe', args=[operations.STOP_LINK.sign(user)])}"
    context = {
        "entries": [(entry, markdown.to_text(entry.news.text)) for entry in entries],
        "site": site,
        "stop": stop,
    }
    first = entries[0].news.title
    more = f" and {len(entries) - 1} more" if len(entries) > 1 else ""
    return EmailMessage(
        subject=f"Async databases: {first}{more}",
        body=render_to_string("news/mail.txt", context),
        to=[user.email],
        # RFC 8058: a mail program posts to the address itself, without asking its reader.
        headers={
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
