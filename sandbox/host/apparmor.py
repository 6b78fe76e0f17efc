"""AppArmor's restriction of user namespaces (Ubuntu 23.10 and later), and how to be excepted.

We ask for a copy of bubblewrap at a path of our own with a profile of its own. Changing the
profile of /usr/bin/bwrap would open it to every program, and the one Ubuntu ships denies the
capabilities that our children need inside; switching the restriction off opens it to all.
"""

from __future__ import annotations

from typing import Final

PLACE: Final = "/usr/lib/playground/wall"

_TEXT: Final = """\
# Lets the playground's own copy of bubblewrap make user namespaces. As root:
#   install -D -m 0755 /usr/bin/bwrap {place}
#   python -m sandbox apparmor --wall {place} > /etc/apparmor.d/playground-wall
#   apparmor_parser --replace /etc/apparmor.d/playground-wall
# then start the site with SANDBOX_WALL={place}
abi <abi/4.0>,
include <tunables/global>

profile playground-wall {place} flags=(unconfined) {{
  userns,
}}
"""


def describe(place: str = PLACE) -> str:
    """The profile, with the commands that put it into force as its first lines."""
    if not place.startswith("/") or set(place) & set(' "{}[]*?^@,#\n'):
        raise ValueError(f"{place!r} is no plain absolute path")
    return _TEXT.format(place=place)
