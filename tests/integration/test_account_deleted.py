"""An account deleted while a cell of it runs: nothing is left of it, and nothing comes back."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
from pathlib import Path

import httpx

from tests.accounts import PASSWORD
from tests.integration.test_page_socket import COUNT_SQLITE
from tests.serving import open_page, site

SAVED_SECONDS = 20
EMAIL = "alice-to-be-deleted@example.org"
SLOW = "import time\nprint('began')\ntime.sleep(3)\nprint('ended')"


class Browser:
    """A browser's forms, with their tokens."""

    def __init__(self, client: httpx.Client, mails: Path) -> None:
        self._client = client
        self._mails = mails

    @property
    def cookie(self) -> str:
        """For its page's socket."""
        return f"playground={self._client.cookies['playground']}"

    def submit(self, path: str, **fields: str) -> str:
        """Open the page and send its form; the page that follows."""
        found = re.search(r'csrfmiddlewaretoken" value="(\w+)"', self._client.get(path).text)
        assert found
        fields["csrfmiddlewaretoken"] = found[1]
        return self._client.post(path, data=fields).raise_for_status().text

    def sign_up(self) -> None:
        """With the code from the mail."""
        self.submit("/accounts/signup/", email=EMAIL, password1=PASSWORD)
        mail = max(self._mails.iterdir(), key=lambda path: path.stat().st_mtime_ns).read_text()
        code = re.search(r"^(\w{4}-\w{4})$", mail, re.MULTILINE)
        assert code
        self.submit("/accounts/confirm-email/", code=code[1])

    def delete(self) -> str:
        """With the password once more."""
        self.submit("/accounts/reauthenticate/", password=PASSWORD)
        return self.submit("/accounts/delete/")


def dump(folder: Path) -> dict[str, str]:
    """Every table of the site as text."""
    with contextlib.closing(sqlite3.connect(folder / "site.sqlite3")) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {
            name: repr(connection.execute(f'SELECT * FROM "{name}"').fetchall())
            for (name,) in names.fetchall()
        }


def count_recordings(folder: Path) -> int:
    """Those that are saved by now."""
    with contextlib.closing(sqlite3.connect(folder / "site.sqlite3")) as connection:
        found: int = connection.execute("SELECT count(*) FROM runs_recording").fetchone()[0]
        return found


async def wait_for_recordings(folder: Path, number: int) -> dict[str, str]:
    """Every table, once so many runs are kept: they are saved after their end was told."""
    async with asyncio.timeout(SAVED_SECONDS):
        while await asyncio.to_thread(count_recordings, folder) < number:
            await asyncio.sleep(0.05)
    return await asyncio.to_thread(dump, folder)


def list_files_with(folder: Path, text: str) -> list[str]:
    """Files of the site's database that have these bytes anywhere, also in pages out of use."""
    files = folder.glob("site.sqlite3*")
    return [path.name for path in files if text.encode() in path.read_bytes()]


async def test_nothing_is_left_nor_comes_back(tmp_path: Path) -> None:
    mails = tmp_path / "mails"
    mails.mkdir()
    with (
        site(tmp_path, EMAIL_URL=f"file://{mails}") as address,
        httpx.Client(base_url=address, follow_redirects=True) as client,
    ):
        browser = Browser(client, mails)
        await asyncio.to_thread(browser.sign_up)
        async with open_page(address, browser.cookie) as page:
            await page.run(COUNT_SQLITE.format(note="one"))
            shown = await page.run(COUNT_SQLITE.format(note="two"))
            assert shown.stdout == "['one', 'two']\n"
            before = await wait_for_recordings(tmp_path, 2)
            learner = re.search(r"account-\w{32}", before["accounts_user"])
            assert learner
            assert EMAIL in before["accounts_user"]
            assert list_files_with(tmp_path, EMAIL)
            await page.send(action="run", code=SLOW, driver="aiosqlite")
            await page.see(lambda shown: "began" in shown.stdout)
            said = await asyncio.to_thread(browser.delete)
            assert "Your account is deleted" in said
            late = await page.see(lambda shown: bool(shown.outcome))
            assert late.outcome == "completed"
            assert list_files_with(tmp_path, EMAIL) == []
            assert list_files_with(tmp_path, learner[0]) == []
            await page.send(action="run", code="1", driver="aiosqlite")
            refused = await page.see(lambda shown: bool(shown.notices))
            assert "You signed in or out" in refused.notices[0]
        await asyncio.sleep(1)  # for a recording that must not come
        after = await asyncio.to_thread(dump, tmp_path)
    assert after["runs_recording"] == "[]"
    assert [name for name, rows in after.items() if EMAIL in rows or learner[0] in rows] == []
    emptied = ("accounts_user", "account_emailaddress", "accounts_formerlearner")
    assert [after[name] for name in emptied] == ["[]"] * 3
