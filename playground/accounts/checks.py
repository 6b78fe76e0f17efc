"""System checks: settings that together would put accounts at risk."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage

# Tags of checks: of what pages alone need, and of what a worker needs as well.
PAGES: Final = "pages"
SITE: Final = "site"


@checks.register(PAGES)
def check_accounts(**_: Any) -> list[CheckMessage]:
    """What is fine on one's own machine and not where others sign in."""
    hosts = ", ".join(sorted(set(settings.ALLOWED_HOSTS) - set(settings.LOCAL_HOSTS)))
    if not hosts:
        return []
    found: list[CheckMessage] = []
    if settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN:
        found.append(
            checks.Error(
                f"Passkeys of any origin would be taken, and others can reach this site ({hosts}).",
                hint="Do not set MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN.",
                id="accounts.E001",
            )
        )
    if "console" in settings.MAILERS["default"]["BACKEND"]:
        found.append(
            checks.Warning(
                f"Codes to sign in with go to the log, and others can reach this site ({hosts}).",
                hint="Set EMAIL_URL to a mail server: smtp+tls://USER:PASSWORD@HOST.",
                id="accounts.W001",
            )
        )
    if not settings.SESSION_COOKIE_SECURE:
        found.append(
            checks.Warning(
                f"Sessions may travel unencrypted, and others can reach this site ({hosts}).",
                hint="Serve it over HTTPS and set SECURE_COOKIES=1.",
                id="accounts.W002",
            )
        )
    return found
