"""Somebody stands between, or has the web server: what a client does. A real repository, served.

Each attack meets a client that has taken r1; it must go on answering from it, and say why.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, TargetFile, Targets

from echo_core.release import channel as channels
from echo_core.release.trust import Distrust
from echo_testing.engine_jobs import job, written
from echo_testing.model_server import ModelServer
from echo_testing.release_house import CHANNEL, Machine, Publisher, book, files_of, machine
from echo_trainer.release import publishing

ASKED = job("def f(): return")
TIMESTAMP = "/metadata/timestamp.json"


def newest(files: dict[str, bytes], role: str) -> str:
    """The path of the newest version of a role."""
    found = [path for path in files if path.endswith(f".{role}.json")]
    return max(found, key=lambda path: int(path.rpartition("/")[2].partition(".")[0]))


@asynccontextmanager
async def with_r1(publisher: Publisher, server: ModelServer, home: Path) -> AsyncIterator[Machine]:
    publisher.publish("r1", book("one"))
    publisher.promote("r1")
    server.files = files_of(publisher.public)
    async with machine(home, server, publisher.root) as client:
        await client.updates.check()
        assert client.updates.notes.release == "r1"
        yield client


async def refused(client: Machine, why: Distrust) -> None:
    """A round that ends with this reason, and r1 goes on."""
    await client.updates.check()
    assert why.sentence.lower() in client.updates.problem.lower()
    await r1_answers(client)


async def r1_answers(client: Machine) -> None:
    """What was there before goes on."""
    assert client.updates.notes.release == "r1"
    assert (await written(client.engine, ASKED))[0].strip() == "one"
    assert client.engine.model == "base+r1"


def r2(publisher: Publisher) -> dict[str, bytes]:
    """What is served once r2 is out."""
    publisher.publish("r2", book("two"))
    publisher.promote("r2")
    return files_of(publisher.public)


async def test_rollback_an_older_state_of_the_repository(
    publisher: Publisher, server: ModelServer, tmp_path: Path
) -> None:
    before = files_of(publisher.public)
    async with with_r1(publisher, server, tmp_path / "m") as client:
        old_timestamp = before[TIMESTAMP]
        server.files[TIMESTAMP] = old_timestamp
        await refused(client, Distrust.OLDER)
        server.files = before
        await refused(client, Distrust.OLDER)
    # What was seen is remembered by the next daemon.
    async with machine(tmp_path / "m", server, publisher.root) as client:
        await refused(client, Distrust.OLDER)


async def test_freeze_a_state_that_is_held_for_longer_than_it_holds(
    publisher: Publisher, server: ModelServer, tmp_path: Path
) -> None:
    async with with_r1(publisher, server, tmp_path / "m") as client:
        publisher.clock.days = -8  # a timestamp holds for 7
        server.files = r2(publisher)
        await refused(client, Distrust.EXPIRED)
    publisher.clock.days = 0
    async with machine(tmp_path / "m", server, publisher.root) as client:
        await refused(client, Distrust.EXPIRED)
        publisher.publish("r3", book("three"))
        publisher.promote("r3")
        server.files = files_of(publisher.public)
        await client.updates.check()
        assert client.updates.notes.release == "r3"


@pytest.mark.parametrize("role", ["channels", "models", "snapshot"])
async def test_mix_and_match_files_of_two_states(
    publisher: Publisher, server: ModelServer, tmp_path: Path, role: str
) -> None:
    async with with_r1(publisher, server, tmp_path / "m") as client:
        old = server.files[newest(server.files, role)]
        server.files = r2(publisher)
        server.files[newest(server.files, role)] = old
        await refused(client, Distrust.OLDER)


async def test_tamper_with_the_model_the_channel_and_what_is_signed(
    publisher: Publisher, server: ModelServer, tmp_path: Path
) -> None:
    async with with_r1(publisher, server, tmp_path / "m") as client:
        good = r2(publisher)
        for role in ("snapshot", "channels", "models"):
            signed = newest(good, role)
            later = re.sub(rb'("expires": ?")20', rb"\g<1>21", good[signed])
            assert later != good[signed]
            server.files = {**good, signed: later}
            await refused(client, Distrust.UNSIGNED)
        model = next(path for path in good if path.endswith(".r2.gguf"))
        server.files = {**good, model: good[model].replace(b"two", b"six")}
        await refused(client, Distrust.ALTERED)
        assert not list((tmp_path / "m" / "releases" / "files").glob("*.partial"))
        channel = json.loads(good[newest(good, "channels")])["signed"]["targets"]
        digest = channel["channels/stable.json"]["hashes"]["sha256"]
        path = f"/targets/channels/{digest}.stable.json"
        server.files = {**good, path: good[path].replace(b"1000000", b"1000001")}
        await refused(client, Distrust.ALTERED)


async def test_a_truncated_model_is_not_taken(
    publisher: Publisher, server: ModelServer, tmp_path: Path
) -> None:
    async with with_r1(publisher, server, tmp_path / "m") as client:
        good = r2(publisher)
        model = next(path for path in good if path.endswith(".r2.gguf"))
        server.files = {**good, model: good[model][:-7]}
        await refused(client, Distrust.CUT)
        await refused(client, Distrust.CUT)
        server.files = good
        await client.updates.check()
        assert client.updates.notes.release == "r2"


async def test_wrong_key_another_repository_and_a_key_of_another_duty(
    publisher: Publisher, server: ModelServer, tmp_path: Path
) -> None:
    other = Publisher(tmp_path / "other")
    other.begin()
    other.publish("evil", book("evil"))
    other.promote("evil")
    async with with_r1(publisher, server, tmp_path / "m") as client:
        theirs = files_of(other.public)
        server.files = theirs
        await refused(client, Distrust.UNSIGNED)
        # Whoever holds the rollout key and the online key, and puts a model in with them.
        publisher.publish("r2", book("two"))
        publisher.promote("r2")
        good = files_of(publisher.public)
        path = newest(good, "models")
        forged = Metadata[Targets].from_bytes(good[path])
        forged.signatures.clear()
        rollout = publisher.vault.find("rollout")
        assert rollout is not None
        signer = publisher.vault.signer(rollout.id)
        assert signer is not None
        forged.sign(signer)
        server.files = {**good, path: forged.to_bytes()}
        await refused(client, Distrust.UNSIGNED)


async def test_oversize_files_end_before_they_fill_a_disk(
    publisher: Publisher, server: ModelServer, tmp_path: Path
) -> None:
    async with with_r1(publisher, server, tmp_path / "m") as client:
        good = r2(publisher)
        server.files = {**good, TIMESTAMP: b"{" + b" " * 2_000_000}
        await refused(client, Distrust.OVERSIZE)
        model = next(path for path in good if path.endswith(".r2.gguf"))
        server.files = {**good, model: good[model] + b"x" * 2_000_000}
        await refused(client, Distrust.OVERSIZE)
        assert not list((tmp_path / "m").rglob("*.partial"))


async def test_too_new_a_release_or_a_channel(
    publisher: Publisher, server: ModelServer, tmp_path: Path
) -> None:
    async with with_r1(publisher, server, tmp_path / "m") as client:
        publisher.publish("r2", book("two"))
        repository = publisher.repository()
        with repository.edit_targets("models") as models:
            models.targets["models/r2.gguf"].unrecognized_fields["custom"]["format"] = 2
        repository.seal()
        repository.commit()
        publisher.promote("r2")
        server.files = files_of(publisher.public)
        await client.updates.check()
        assert client.updates.refused["r2"].sentence.startswith("it was written for a later")
        await r1_answers(client)
        repository = publisher.repository()
        path = channels.target_of(CHANNEL)
        content = channels.written(publishing.read_channel(repository, CHANNEL))
        content = content.replace(b'"format": 1', b'"format": 2')
        target = TargetFile.from_data(path, content)
        with repository.edit_targets("channels") as role:
            role.targets[path] = target
        file = repository.target_path(path, target.hashes["sha256"])
        repository.changes.files[file] = content
        repository.seal()
        repository.commit()
        server.files = files_of(publisher.public)
        await refused(client, Distrust.TOO_NEW)
