"""Tokens of invitations: long, random, and kept as a digest alone."""

from __future__ import annotations

import hashlib
import secrets


def make_token() -> str:
    """For one link."""
    return secrets.token_urlsafe(24)


def digest_token(token: str) -> str:
    """What the database knows of it."""
    return hashlib.sha256(token.encode()).hexdigest()
