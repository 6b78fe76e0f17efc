"""checked.toml: what held is kept with its versions, and forgotten when it is no longer so."""

from pathlib import Path

from exercises.checked import Checking, entry, index_held, list_held, load_checked, merge, to_toml

OLD = Checking("2026-01-02", {"sqlalchemy": "2.0"}, ("a/one aiosqlite 111111111111",))
NEW = Checking("2026-03-04", {"sqlalchemy": "2.1"}, ("a/one asyncpg 111111111111",))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    (tmp_path / "checked.toml").write_text(to_toml([NEW, OLD]))
    assert load_checked(tmp_path) == (NEW, OLD)


def test_no_file_knows_nothing(tmp_path: Path) -> None:
    assert load_checked(tmp_path) == ()


def test_a_claim_held_on_each_driver_on_its_own_versions() -> None:
    held = list_held(
        index_held([NEW, OLD]), "a", "one", ["aiosqlite", "asyncpg", "psycopg"], "1" * 64
    )
    assert [(each.driver, each.date) for each in held] == [
        ("aiosqlite", "2026-01-02"),
        ("asyncpg", "2026-03-04"),
    ]


def test_the_newest_date_counts() -> None:
    again = Checking("2026-05-06", {}, OLD.holds)
    for checked in ([OLD, again], [again, OLD]):
        held = list_held(index_held(checked), "a", "one", ["aiosqlite"], "1" * 64)
        assert [each.date for each in held] == ["2026-05-06"]


def test_a_claim_that_changed_shows_no_old_date() -> None:
    assert list_held(index_held([NEW, OLD]), "a", "one", ["asyncpg", "aiosqlite"], "2" * 64) == []


def test_merging_keeps_what_is_known_and_not_repeated() -> None:
    gone = Checking("2025-01-01", {}, ("a/gone none 333333333333", *NEW.holds))
    known = [*OLD.holds, *NEW.holds]
    assert merge([OLD, gone], NEW, known) == (NEW, OLD)


def test_merging_the_same_day_and_versions_makes_one_block() -> None:
    other = Checking(NEW.date, NEW.versions, OLD.holds)
    (one,) = merge([other], NEW, [*OLD.holds, *NEW.holds])
    assert one.holds == (*OLD.holds, *NEW.holds)


def test_a_claim_without_a_driver_has_a_name_for_it() -> None:
    assert entry("a", "one", "", "1" * 64) == "a/one none 111111111111"
