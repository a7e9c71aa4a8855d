"""What hostile people can do to curation: it goes on, memory flat; they get no more than others.

Left out: what they can do to intake (`tests/trainer/test_abuse.py`).
"""

from __future__ import annotations

import tracemalloc
from collections import Counter
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import zstandard
from sqlalchemy import select

from echo_core.errors import InputError
from echo_core.sharing.bundle.contents import BUNDLE_BYTES_MAX
from echo_core.sharing.bundle.packing import BUCKETS
from echo_daemon.sealing import sealer
from echo_testing.lake_room import OPEN, PEOPLE, Room, contribution
from echo_testing.trainer_house import Contributor, serving, upload
from echo_testing.waiting import LONG_S
from echo_trainer.curation.drops import Drop
from echo_trainer.curation.split import Part
from echo_trainer.keys.opening import open_envelope
from echo_trainer.lake.samples import Opened
from echo_trainer.lake.versions import Versions
from echo_trainer.tables.database import Database
from echo_trainer.tables.schema import BundleState, bundles

WEEK = "2026-W47"
ATTACKER = "f" * 64
UNFOLDED_BYTES = 256 << 20
MEMORY_BYTES_MAX = 8 << 20  # to refuse one: eight times what a bundle may hold


# --- bombs ------------------------------------------------------------------------------------


def bombs() -> list[bytes]:
    """Frames as packing would make them, which unfold to a quarter of a gigabyte."""
    plain = b"\0" * UNFOLDED_BYTES
    honest = zstandard.ZstdCompressor(level=3).compress(plain)
    silent = zstandard.ZstdCompressor(level=3, write_content_size=False).compress(plain)
    # RFC 8878, 3.1.1.1: after the magic number a byte says that eight bytes hold the size.
    parameters = zstandard.get_frame_parameters(honest)
    body = honest[zstandard.frame_header_size(honest) :]
    assert parameters.content_size == UNFOLDED_BYTES
    liar = honest[:4] + b"\xc0\x68" + BUNDLE_BYTES_MAX.to_bytes(8, "little") + body
    assert zstandard.get_frame_parameters(liar).content_size == BUNDLE_BYTES_MAX
    return [framed(each) for each in (honest, silent, liar)]


def framed(frame: bytes) -> bytes:
    """A frame in its bucket."""
    whole = len(frame).to_bytes(4, "big") + frame
    return whole.ljust(next(size for size in BUCKETS if size >= len(whole)), b"\0")


def test_what_unfolds_to_too_much_is_refused_before_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing can be seen of it from outside: intake takes it in, and curation goes on."""
    with serving(tmp_path, intake_open="true", curation_workers="1") as house:
        hidden: list[bytes] = []
        for number, bomb in enumerate([None, *bombs(), None], 1):
            who = Contributor(house, bytes([number]) * 32)
            with monkeypatch.context() as patch:
                if bomb is not None:  # an attacker's client packs otherwise
                    patch.setattr(sealer, "packed", lambda _, bomb=bomb: bomb)
                content = who.envelope(who.good_bundle())
            with httpx.Client(timeout=LONG_S) as client:
                assert upload(client, house.url, content).status_code == 201
            if bomb is not None:
                hidden.append(content)
        house.run("curate", "--open-only")
        rows = Database("", house.home.tables_file)
        with rows.read() as connection:
            found = connection.execute(select(bundles.c.state, bundles.c.cause))
            states = Counter((row.state, row.cause) for row in found)
        rows.close()
        assert states == {
            (BundleState.CURATED, ""): 2,
            (BundleState.REFUSED, Drop.UNREADABLE): len(hidden),
        }
        openers = house.ring.openers()

    tracemalloc.start()
    try:
        for content in hidden:
            with pytest.raises(InputError):
                open_envelope(content, openers)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEMORY_BYTES_MAX


# --- shares -----------------------------------------------------------------------------------


def honest() -> list[Opened]:
    """Twenty samples of each of eight people."""
    return [Opened(PEOPLE[at % 8], WEEK, contribution(at)) for at in range(160)]


def poison() -> list[Opened]:
    """What one pseudonym sends to be most of a version, all of it praised to the utmost."""
    target = "subprocess.run(payload, shell=True)"
    victim = contribution(3)
    copies = [
        # Somebody's very place with another ending, two hundred times.
        replace(victim, id=f"a{at:031x}", target=target, quality=1000, survived=1000)
        for at in range(200)
    ]
    everywhere = [
        # One ending in two hundred places.
        replace(contribution(5000 + at), target=target, quality=1000, survived=1000)
        for at in range(200)
    ]
    as_much = [
        # As much as goes.
        replace(contribution(9000 + at), quality=1000, survived=1000)
        for at in range(400)
    ]
    return [Opened(ATTACKER, WEEK, one) for one in (*copies, *everywhere, *as_much)]


def test_one_pseudonym_that_aims_at_a_share_gets_its_own_and_nobody_loses_theirs(
    tmp_path: Path,
) -> None:
    parameters = replace(OPEN, contributor_even_shares=2)
    room = Room(tmp_path)
    room.add(honest())
    without = room.make(parameters)
    room.add(poison())
    with_them = room.make(parameters)

    rows = list(Versions(room.lake).rows(with_them.name, Part.TRAIN, room.keys))
    who = Counter(row.contributor for row in rows)
    theirs = who.pop(ATTACKER)
    assert theirs <= max(parameters.contributor_floor, -(-len(rows) * 2 // 9))
    assert sum(who.values()) >= without.parts["train"]
    poisoned = sum("payload" in row.texts.target for row in rows)
    assert poisoned <= parameters.same_target_max
    assert with_them.dropped[Drop.DUPLICATE] >= 199
    assert with_them.dropped[Drop.CONTRIBUTOR_SHARE] >= 300
