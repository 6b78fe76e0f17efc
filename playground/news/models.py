"""Who wants news by mail, and what was sent to them."""

from __future__ import annotations

from django.db import models

from playground.accounts.models import User


class Subscription(models.Model):
    """An account that asked for mail; without this row there is none."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="news_subscription")
    since = models.DateField()  # what is older was there to read when they asked
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        """Whose."""
        return f"of {self.user_id}"


class SentNews(models.Model):
    """An entry for an account: claimed before its mail leaves, so that nobody sends it as well."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sent_news")
    entry = models.UUIDField()
    claimed_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        """Each entry once to each account."""

        constraints = [
            models.UniqueConstraint(fields=["user", "entry"], name="news_sent_once_to_each")
        ]
        verbose_name = "mail with news"
        verbose_name_plural = "mails with news"

    def __str__(self) -> str:
        """What to whom."""
        return f"{self.entry} to {self.user_id}"
