"""From publishing to answering: a real repository on loopback, a real client, a fake engine."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from echo_core.errors import EngineError
from echo_core.release.choice import Refusal
from echo_core.release.guards import Guard
from echo_core.release.metadata import Kind
from echo_daemon.releases.fetching import PIECE_BYTES
from echo_testing.engine_jobs import job, written
from echo_testing.model_server import ModelServer, Play
from echo_testing.release_house import Machine, Publisher, book, files_of, machine
from echo_testing.waiting import until

ASKED = job("def f(): return")


async def says(client: Machine) -> str:
    """What the model in use writes."""
    return (await written(client.engine, ASKED))[0].strip()


def give(publisher: Publisher, server: ModelServer, release: str, text: str) -> None:
    """Publish a release, give it to everybody, and serve the repository as it is then."""
    publisher.publish(release, text)
    publisher.promote(release)
    server.files = files_of(publisher.public)


async def test_a_release_is_published_taken_answered_from_and_taken_back(
    publisher: Publisher, server: ModelServer, tmp_path: Path
) -> None:
    give(publisher, server, "r1", book("one"))
    async with machine(tmp_path / "m", server, publisher.root) as client:
        assert await says(client) == "base"
        await client.updates.check()
        assert client.updates.problem == ""
        assert client.updates.notes.release == "r1"
        assert await says(client) == "one"
        assert client.engine.model == "base+r1"

        publisher.publish("r2", book("two"), Kind.MERGED)
        publisher.promote("r2")
        server.files = files_of(publisher.public)
        await client.updates.check()
        assert await says(client) == "two"
        assert [said[:2] for said in client.told] == [("taken", "r1"), ("taken", "r2")]

        publisher.rollback("r2")
        server.files = files_of(publisher.public)
        await client.updates.check()
        assert (client.updates.notes.release, await says(client)) == ("r1", "one")
        assert client.updates.refused == {"r2": Refusal.BLOCKED}
        assert client.updates.notes.before is None  # nothing to go back to
        assert len(list((tmp_path / "m" / "releases" / "files").iterdir())) == 1
        publisher.rollback("r1")
        server.files = files_of(publisher.public)
        await client.updates.check()
        assert (client.updates.notes.release, await says(client)) == ("", "base")
        assert client.updates.problem == ""
        assert client.engine.restarts == 0


async def test_what_was_taken_stays_without_a_network_and_over_a_restart(
    publisher: Publisher, server: ModelServer, tmp_path: Path
) -> None:
    give(publisher, server, "r1", book("one"))
    async with machine(tmp_path / "m", server, publisher.root) as client:
        await client.updates.check()
    server.files = {}
    async with machine(tmp_path / "m", server, publisher.root) as client:
        assert await says(client) == "one"
        assert client.engine.model == "base+r1"
        await client.updates.check()
        assert "cannot be reached" in client.updates.problem
        assert await says(client) == "one"


async def test_a_download_goes_on_where_it_was_cut(
    publisher: Publisher, server: ModelServer, tmp_path: Path
) -> None:
    manifest = publisher.publish("r1", book("one") + "# filler\n" * 50_000)
    publisher.promote("r1")
    server.files = files_of(publisher.public)
    async with machine(tmp_path / "m", server, publisher.root) as client:
        path = f"/targets/models/{manifest.sha256}.r1.gguf"
        whole = server.files[path]
        server.files[path] = b""
        await client.updates.check()  # nothing of it arrives
        assert "ended early" in client.updates.problem
        server.files[path] = whole
        before = len(server.asked)
        # Root, timestamp, the channel; then the file, cut off.
        server.plays.extend([Play()] * 3 + [Play(cut_after=3 * PIECE_BYTES + 9)])
        await client.updates.check()
        assert "ended early" in client.updates.problem
        await client.updates.check()
        assert client.updates.notes.release == "r1"
        ranges = [
            asked.headers.get("range") for asked in server.asked[before:] if asked.path == path
        ]
        assert ranges == [None, f"bytes={3 * PIECE_BYTES}-"]


async def test_before_the_first_release_there_is_nothing_to_say(
    publisher: Publisher, server: ModelServer, tmp_path: Path
) -> None:
    async with machine(tmp_path / "m", server, publisher.root) as client:
        await client.updates.check()
        assert (client.updates.problem, client.updates.is_empty) == ("", True)
        assert client.updates.checked_ms > 0
        publisher.publish("r1", book("one"))
        server.files = files_of(publisher.public)
        await client.updates.check()
        assert (client.updates.problem, client.updates.is_empty) == ("", True)
        publisher.promote("r1")
        server.files = files_of(publisher.public)
        await client.updates.check()
        assert (client.updates.notes.release, client.updates.is_empty) == ("r1", False)


async def test_a_metered_network_waits_unless_somebody_asks(
    publisher: Publisher, server: ModelServer, tmp_path: Path
) -> None:
    give(publisher, server, "r1", book("one"))
    async with machine(tmp_path / "m", server, publisher.root, metered=True) as client:
        await client.updates.check()
        assert "metered" in client.updates.problem
        assert client.updates.notes.release == ""
        await client.updates.check(by_hand=True)
        assert client.updates.notes.release == "r1"


async def test_who_asks_does_not_wait_until_nobody_types(
    publisher: Publisher, server: ModelServer, tmp_path: Path
) -> None:
    give(publisher, server, "r1", book("one"))
    async with machine(tmp_path / "m", server, publisher.root, quiet_ms=0.0) as client:
        by_itself = asyncio.ensure_future(client.updates.check())
        await until(lambda: any(each.path.endswith(".r1.gguf") for each in server.asked))
        await client.updates.check(by_hand=True)
        assert by_itself.done()
        assert client.updates.notes.release == "r1"


async def test_what_does_not_fit_is_refused_and_the_next_best_is_taken(
    publisher: Publisher, server: ModelServer, tmp_path: Path
) -> None:
    publisher.publish("good", book("good"))
    publisher.promote("good")
    for release, changes in (
        ("newer", {"engine_min": "99.0"}),
        ("other", {"base_sha256": "c" * 64}),
    ):
        publisher.publish(release, book(release), **changes)
        publisher.promote(release)
    server.files = files_of(publisher.public)
    async with machine(tmp_path / "m", server, publisher.root) as client:
        await client.updates.check()
        assert client.updates.notes.release == "good"
        assert client.updates.refused == {
            "newer": Refusal.ENGINE,
            "other": Refusal.OTHER_BASE,
        }


async def test_what_cannot_be_loaded_is_not_tried_again(
    publisher: Publisher, server: ModelServer, tmp_path: Path
) -> None:
    publisher.publish("good", book("good"))
    publisher.promote("good")
    give(publisher, server, "bad2", "")  # signed, loads, and has nothing to say
    async with machine(tmp_path / "m", server, publisher.root) as client:
        await client.updates.check()
        assert client.updates.notes.release == "good"
        assert client.updates.notes.failed == {"bad2": Guard.TRIAL}
        asked = len(server.asked)
        await client.updates.check()
        assert not any("bad2" in each.path for each in server.asked[asked:])
        assert client.updates.refused == {"bad2": Refusal.FAILED}


async def test_guards_bring_back_what_was_there(
    publisher: Publisher, server: ModelServer, tmp_path: Path
) -> None:
    for release in ("r1", "r2"):
        publisher.publish(release, book(release))
        publisher.promote(release)
        server.files = files_of(publisher.public)
        if release == "r1":
            async with machine(tmp_path / "m", server, publisher.root) as client:
                await client.updates.check()
    async with machine(tmp_path / "m", server, publisher.root) as client:
        for _ in range(50):
            client.updates.answered("base+r1", 100.0)
        await client.updates.check()
        assert client.updates.notes.release == "r2"
        for _ in range(50):
            client.updates.answered("base+r2", 400.0)
            client.updates.answered("base+r1", 1.0)  # from a text that r1 wrote before
        client.updates.tick()
        await until(lambda: client.updates.notes.release == "r1")
        assert client.updates.notes.failed == {"r2": Guard.LATENCY}
        assert await says(client) == "r1"
        assert "answers took longer" in client.updates.problem
        await client.updates.check()
        assert client.updates.notes.release == "r1"


async def test_a_worker_that_keeps_dying_takes_its_release_with_it(
    publisher: Publisher, server: ModelServer, tmp_path: Path
) -> None:
    give(publisher, server, "r1", book("one"))
    # Of each worker the fourth job: the trial has three.
    async with machine(tmp_path / "m", server, publisher.root, "--crash-at", "4") as client:
        await client.updates.check()
        for number in range(1, 4):
            while client.engine.restarts < number:
                with suppress(EngineError):
                    await says(client)
            client.updates.tick()
        await until(lambda: client.updates.notes.release == "")
        assert client.updates.notes.failed == {"r1": Guard.CRASHES}


async def test_people_pin_unpin_and_go_back(
    publisher: Publisher, server: ModelServer, tmp_path: Path
) -> None:
    for release in ("r1", "r2"):
        publisher.publish(release, book(release))
        publisher.promote(release)
    server.files = files_of(publisher.public)
    async with machine(tmp_path / "m", server, publisher.root) as client:
        await client.updates.check()
        assert await says(client) == "r2"
        await client.updates.go_back()
        assert await says(client) == "base"
        await client.updates.check()
        assert (await says(client), client.updates.refused) == ("r1", {"r2": Refusal.FAILED})
        await client.updates.pin("r2")
        assert await says(client) == "r2"
        await client.updates.pin("")
        assert await says(client) == "base"
        await client.updates.check()
        assert await says(client) == "base"
        await client.updates.unpin()
        assert await says(client) == "r2"
