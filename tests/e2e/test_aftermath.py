"""What became of a gap, through all processes: a commit, a killed daemon, the file opened again."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

from echo_core.records import wire
from echo_testing.house import House
from echo_testing.repos import Repo
from echo_testing.waiting import LONG_S

CODE = "import math\n\n\ndef total(prices):\n    \n\n\ndef mean(prices):\n    return 1\n"
AT = CODE.index("    \n") + 4
KEPT = "return math.fsum(prices)"


async def looks(house: House) -> list[wire.LookRow]:
    """The looks at the first sample, after all that was sent is durable."""
    await house.ask(wire.DAEMON_FLUSH, wire.Nothing(), wire.Flushed)
    found = await house.ask(wire.SAMPLES_LOOKS, wire.SampleQuery(1), wire.LookList)
    return found.rows


async def seen(house: House, moment: str) -> wire.LookRow:
    """The look of that moment, once it was made."""
    async with asyncio.timeout(LONG_S):
        while True:
            for row in await looks(house):
                if row.moment == moment:
                    return row
            await house.clock.sleep_ms(50)


async def test_what_was_kept_is_found_in_a_commit_after_a_killed_daemon(
    fake_house: Callable[..., House], tmp_path: Path
) -> None:
    house = fake_house("nothing of this is offered")
    repo = Repo(tmp_path / "repo")
    path = repo.write("a.py", CODE)
    repo.commit()
    doc = path.as_uri()
    await house.editor.start(house.profile)
    await house.until_ready()
    await house.record()
    house.editor.open(doc, CODE)
    await house.editor.complete(doc, AT)
    house.editor.edit(doc, (AT, AT, KEPT))
    house.editor.edit(doc, (AT - 6, AT - 6, ", *more"))
    house.editor.save(doc)
    await house.arrived()  # there is a sample, of which can be asked
    assert (await seen(house, "save")).kept_chars == len(KEPT)
    os.kill(house.daemon_pid(), signal.SIGKILL)
    # The server starts another one, and opens its documents there.
    opened = await seen(house, "open")
    assert (opened.place, opened.kept_chars) == ("found", len(KEPT))
    path.write_text(house.editor.texts[doc].replace("fsum", "prod"))
    repo.commit()
    committed = await seen(house, "commit")
    assert (committed.place, committed.in_file) == ("found", True)
    assert committed.text_chars == len(KEPT)
    assert await house.leave() == 0
