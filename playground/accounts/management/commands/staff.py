"""``manage.py staff``: who may open the admin."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from playground.accounts.audit import name_command_line, record
from playground.accounts.models import User


class Command(BaseCommand):
    """An account becomes staff here alone, never on a page."""

    help = "List who operates the site, or let an account do so, or no longer."

    def add_arguments(self, parser: CommandParser) -> None:
        """Without an address: the list."""
        parser.add_argument("email", nargs="?", help="the address of an account that is there")
        parser.add_argument("--remove", action="store_true", help="no longer")

    def handle(self, *args: Any, email: str | None, remove: bool, **options: Any) -> None:
        """Exit 1 for an address without an account."""
        if not email:
            for one in User.objects.filter(is_staff=True).order_by("email"):
                self.stdout.write(one.email)
            return
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"Nobody has an account with {email}: let them sign up first.")
        if user.is_staff is not remove:
            self.stdout.write("Nothing to change.")
            return
        with transaction.atomic():
            user.is_staff = not remove
            user.save(update_fields=["is_staff"])
            act = "took the admin from" if remove else "gave the admin to"
            record(name_command_line("staff"), act, user)
        self.stdout.write(f"{user.email} {'no longer opens' if remove else 'opens'} /admin/.")
