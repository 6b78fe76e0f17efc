"""Which cgroup is ours to divide, from what the kernel says of this process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox.host import delegation
from sandbox.host.delegation import NotDelegated, Place

MOUNT = "30 24 0:26 {root} {top} {options},nosuid - cgroup2 cgroup2 rw,nsdelegate"
UNIT = "0::/system.slice/playground.service\n"
CONTROLLERS = "cpuset cpu io memory pids"


def make_cgroup(path: Path, controllers: str = CONTROLLERS) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    (path / "cgroup.controllers").write_text(controllers + "\n")
    for name in ("cgroup.procs", "cgroup.subtree_control"):
        (path / name).touch()
    return path


def mounted(top: str = "/sys/fs/cgroup", root: str = "/", options: str = "rw") -> str:
    other = "25 24 0:5 / /proc rw - proc proc rw\n"
    return other + MOUNT.format(root=root, top=top, options=options) + "\n"


def test_a_unit_finds_its_own_folder() -> None:
    place = delegation.locate(UNIT, mounted())
    assert place.own == Path("/sys/fs/cgroup/system.slice/playground.service")
    assert place.top == Path("/sys/fs/cgroup")


def test_a_container_finds_the_top_of_its_own_namespace() -> None:
    place = delegation.locate("0::/\n", mounted())
    assert place.own == place.top == Path("/sys/fs/cgroup")


def test_a_mount_of_a_part_is_relative_to_that_part() -> None:
    place = delegation.locate("0::/docker/1/inner\n", mounted(root="/docker/1"))
    assert place.own == Path("/sys/fs/cgroup/inner")


@pytest.mark.parametrize(
    ("memberships", "mounts", "found", "cure"),
    [
        ("4:memory:/\n", mounted(), "no cgroup v2 hierarchy", "unified_cgroup_hierarchy=1"),
        ("0::/\n", "", "no cgroup v2 hierarchy", "unified_cgroup_hierarchy=1"),
        ("0::/\n", mounted(options="ro"), "mounted read-only", "writable-cgroups=true"),
        ("0::/a\n", mounted(root="/b"), "no cgroup v2 hierarchy", "unified_cgroup_hierarchy=1"),
    ],
)
def test_without_a_hierarchy_the_reason_and_the_cure_are_named(
    memberships: str, mounts: str, found: str, cure: str
) -> None:
    with pytest.raises(NotDelegated) as caught:
        delegation.locate(memberships, mounts)
    assert found in caught.value.found
    assert cure in caught.value.cure


def test_controllers_that_version_1_holds_are_named(tmp_path: Path) -> None:
    base = make_cgroup(tmp_path, "hugetlb")
    with pytest.raises(NotDelegated, match="cgroup v1 holds the controllers memory, pids"):
        delegation.require_controllers(base, ["memory", "pids", "cpu"])


def test_controllers_that_a_parent_keeps_are_named(tmp_path: Path) -> None:
    base = make_cgroup(tmp_path, "cpu memory")
    with pytest.raises(NotDelegated, match=r"was not given the controllers pids; .*Delegate=yes"):
        delegation.require_controllers(base, [])


def test_processor_time_alone_may_be_missing(tmp_path: Path) -> None:
    delegation.require_controllers(make_cgroup(tmp_path, "memory pids"), [])


def test_the_top_of_a_container_is_ours_and_so_it_is_from_our_leaf(tmp_path: Path) -> None:
    leaf = make_cgroup(make_cgroup(tmp_path) / delegation.LEAF)
    assert delegation.is_delegated(tmp_path, Place(tmp_path, tmp_path))
    assert delegation.is_delegated(tmp_path, Place(leaf, tmp_path))


def test_a_cgroup_that_systemd_marked_is_ours_and_its_neighbour_is_not(tmp_path: Path) -> None:
    top = make_cgroup(tmp_path)
    unit, other = make_cgroup(top / "playground.service"), make_cgroup(top / "ssh.service")
    os.setxattr(unit, "user.delegate", b"1")
    assert delegation.is_delegated(unit, Place(unit, top))
    assert not delegation.is_delegated(other, Place(other, top))


def test_another_part_of_the_top_is_not_ours(tmp_path: Path) -> None:
    scope = make_cgroup(make_cgroup(tmp_path) / "session-1.scope")
    assert not delegation.is_delegated(tmp_path, Place(scope, tmp_path))


def test_an_ordinary_user_divides_what_belongs_to_it_below_what_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = make_cgroup(tmp_path)
    unit = make_cgroup(top / "playground.service")
    inner = make_cgroup(unit / "inner")
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    owners = {unit: 12345, inner: 12345}
    stat = Path.stat

    def owned(path: Path) -> os.stat_result:
        found = list(stat(path))
        found[4] = owners.get(path, 0)
        return os.stat_result(found)

    monkeypatch.setattr(Path, "stat", owned)
    assert delegation.is_delegated(unit, Place(unit, top))
    assert not delegation.is_delegated(inner, Place(inner, top))
