"""Accounts, the sessions that are signed in to them, and what throttling remembers."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar, Final

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

ACCOUNT: Final = "account-"


def make_account_learner() -> str:
    """A learner key that tells an account's things from those of a browser."""
    return ACCOUNT + secrets.token_hex(16)


class UserManager(BaseUserManager["User"]):
    """Makes accounts; the address is the name."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """An account, without a usable password when none is given."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """Somebody with an account. ``learner`` is the key of all that is kept for them."""

    email = models.EmailField("e-mail address", max_length=254, unique=True)
    learner = models.CharField(max_length=64, unique=True, default=make_account_learner)
    is_active = models.BooleanField("may sign in", default=True)
    is_staff = models.BooleanField("operates the site", default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    def __str__(self) -> str:
        """The address they sign in with."""
        return self.email

    def has_perm(self, permission: str, thing: object = None) -> bool:
        """Whoever operates the site may do all that its admin offers; nobody else may anything."""
        return self.is_active and self.is_staff

    def has_module_perms(self, app: str) -> bool:
        """As for one permission."""
        return self.is_active and self.is_staff


class Session(AbstractBaseSession):
    """A browser's session that knows its account, so that deletion and sign-out reach it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sessions")

    class Meta(AbstractBaseSession.Meta):
        """Names of its own: Django's table has the same columns but one."""

        abstract = False

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        """What reads and writes these rows."""
        from playground.accounts.sessions import SessionStore

        return SessionStore


class FormerLearner(models.Model):
    """A browser that signed in: a run that was under way then ends in the account."""

    learner_digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="former_learners")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        """Whose it is now."""
        return f"{self.learner_digest[:8]} of {self.user_id}"


class AuditEntry(models.Model):
    """A privileged act: who did what to what, when and from where. Written once, never changed.

    ``who`` names an account by its number, as ``actor`` goes with it when it is deleted.
    """

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    who = models.CharField(max_length=120)
    act = models.CharField(max_length=60, db_index=True)
    thing = models.CharField("what it was done to", max_length=200, db_index=True)
    details = models.CharField(max_length=500, blank=True)
    address = models.GenericIPAddressField("from where", null=True)

    class Meta:
        """Newest first."""

        ordering = ["-at", "-pk"]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        """All of it but when and from where."""
        return f"{self.who}: {self.act} {self.thing}"

    def save(self, *arguments: Any, **options: Any) -> None:
        """Once. Raises TypeError for an entry that is there."""
        if not self._state.adding:
            raise TypeError("an audit entry is never changed")
        super().save(*arguments, **options)

    def delete(self, *arguments: Any, **options: Any) -> Any:
        """Never. Raises TypeError."""
        raise TypeError("an audit entry is never deleted")


class CacheEntry(models.Model):
    """The table of Django's database cache, which counts attempts where there is no Redis."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        """Its key."""
        return self.cache_key
