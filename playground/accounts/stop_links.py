"""Links in mail that end that kind of mail: for one account, and for nothing else."""

from __future__ import annotations

from typing import NamedTuple

from django.core import signing

from playground.accounts.models import User


class UnknownLink(Exception):
    """The token is not one of ours, or was made with another key."""


class StopLink(NamedTuple):
    """Tokens of one kind of mail; ``salt`` is what no other kind has."""

    salt: str

    def sign(self, user: User) -> str:
        """The token of the link in every mail to that account."""
        return signing.dumps(user.pk, salt=self.salt)

    def read(self, token: str) -> int:
        """The number of the account it is for. Raises UnknownLink."""
        try:
            return int(signing.loads(token, salt=self.salt))
        except (signing.BadSignature, ValueError) as error:
            raise UnknownLink from error
