"""The AppArmor profile for a wall of our own."""

from __future__ import annotations

import re

import pytest

from sandbox.__main__ import main

# What apparmor_parser 4 takes, as far as this profile goes.
GRAMMAR = (
    r"(#[^\n]*\n)+abi <abi/4\.0>,\ninclude <tunables/global>\n\n"
    r"profile playground-wall (/[\w./-]+) flags=\(unconfined\) \{\n  userns,\n\}\n"
)


@pytest.mark.parametrize("place", ["/usr/lib/playground/wall", "/opt/other/wall"])
def test_the_profile_is_for_that_copy_alone_and_says_how_to_load_it(
    place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apparmor", "--wall", place]) == 0
    profile = capsys.readouterr().out
    matched = re.fullmatch(GRAMMAR, profile)
    assert matched is not None
    assert matched.group(2) == place
    for command in (f"install -D -m 0755 /usr/bin/bwrap {place}", "apparmor_parser --replace"):
        assert f"#   {command}" in profile
    assert f"SANDBOX_WALL={place}" in profile


@pytest.mark.parametrize("place", ["bwrap", "/a b", "/a{b,c}", "/a/**", "/a,", '/a"b', "/a\n/b"])
def test_a_path_that_would_open_more_is_refused(
    place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apparmor", "--wall", place]) == 2
    assert "no plain absolute path" in capsys.readouterr().err
