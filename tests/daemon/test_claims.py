"""A program of the same user that says it is an editor of another workspace.

It may claim any root; what a person chose for a folder and what is never recorded depend on where a
document lies, not on what is claimed. What a claimed root does change, which `.echoignore` files
are looked at, stands in docs/privacy.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from echo_core.records.wire import ConsentChoice, DocumentOpen, DocumentRef
from echo_testing.lodge import Lodge

CANARY = "zyxwvq_claimed_4471"


@pytest.fixture(name="lodge")
async def make_lodge(tmp_path: Path) -> AsyncIterator[Lodge]:
    lodge = Lodge(tmp_path)
    await lodge.hub.choose(ConsentChoice(record=True, by="a test"))
    yield lodge
    await lodge.hub.close()


@pytest.mark.parametrize("claimed", ["", "elsewhere", "w/private/deep", "w"])
async def test_a_claimed_root_opens_no_folder_that_is_off(
    lodge: Lodge, tmp_path: Path, claimed: str
) -> None:
    private = tmp_path / "w" / "private"
    (private / "deep").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    choice = ConsentChoice(record=False, by="a test", workspace=str(private))
    await lodge.hub.choose(choice)
    front = lodge.enter(*([(tmp_path / claimed).as_uri()] if claimed else []))
    for number, path in enumerate((private / "a.py", private / "deep" / ".." / "b.py")):
        front.open(DocumentOpen(path.as_uri(), "python", 1, f"{CANARY} = {number}\n"))
        assert not lodge.hub.why_recorded(DocumentRef(path.as_uri())).recorded
    assert CANARY not in await lodge.recorded()


async def test_a_claimed_root_records_no_credentials(lodge: Lodge, tmp_path: Path) -> None:
    front = lodge.enter((tmp_path / "elsewhere").as_uri())
    for name in (".env", "id_rsa", "server.pem"):
        doc = (tmp_path / "w" / name).as_uri()
        front.open(DocumentOpen(doc, "plaintext", 1, f"{CANARY}\n"))
        assert not lodge.hub.why_recorded(DocumentRef(doc)).recorded
    assert CANARY not in await lodge.recorded()
