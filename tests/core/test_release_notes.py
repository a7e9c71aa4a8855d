"""When a release is given up, and what is noted about releases from one day to the next."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from echo_core.errors import InputError
from echo_core.release import guards, notes
from echo_core.release.choice import Refusal
from echo_core.release.guards import Guard, Tally, tripped
from echo_core.release.metadata import Kind, Manifest
from echo_core.release.notes import Notes
from echo_core.release.trust import Distrust, ReleaseError

MANIFEST = Manifest(
    release="r1",
    kind=Kind.ADAPTER,
    base="base",
    base_sha256="a" * 64,
    architecture="qwen2",
    bytes=10,
    sha256="c" * 64,
    dataset_sha256="d" * 64,
    gate_sha256="e" * 64,
    engine_min="0.3.36",
)


def manifest(release: str) -> Manifest:
    return replace(MANIFEST, release=release)


def tally(ms: float = 100.0, count: int = 50, shown: int = 0, accepted: int = 0) -> Tally:
    return Tally((ms,) * count, shown, accepted)


@pytest.mark.parametrize(
    ("now", "before", "guard"),
    [
        (Tally(), Tally(), None),
        (tally(100), tally(100), None),
        (tally(140), tally(100), None),
        (tally(90), tally(30), Guard.LATENCY),
        (tally(60), tally(30), None),  # nobody feels it
        (tally(900, count=30), tally(100), None),  # too few
        (tally(shown=200, accepted=20), tally(shown=200, accepted=80), Guard.ACCEPTANCE),
        (tally(shown=200, accepted=60), tally(shown=200, accepted=80), None),
        (tally(shown=160, accepted=0), tally(shown=160, accepted=2), None),  # by chance
        (tally(shown=100, accepted=0), tally(shown=200, accepted=80), None),
        (Tally(crashes_ms=(1.0, 2.0, 3.0)), Tally(), Guard.CRASHES),
        (Tally(crashes_ms=(1.0, 2.0, 1e9)), Tally(), None),
        (Tally(crashes_ms=(1.0, 2.0)), Tally(), None),
    ],
)
def test_when_a_release_is_given_up(now: Tally, before: Tally, guard: Guard | None) -> None:
    assert tripped(now, before) is guard


def test_counting_is_bounded() -> None:
    found = Tally()
    for number in range(guards.LATENCIES_KEPT + 5):
        found = found.answered(float(number)).crashed(float(number)).judged(wanted=number % 2 == 0)
    assert len(found.latencies_ms) == guards.LATENCIES_KEPT
    assert list(found.crashes_ms) == [202.0, 203.0, 204.0]
    assert (found.shown, found.accepted) == (205, 103)


def test_notes_go_from_release_to_release_and_back() -> None:
    fresh = Notes("id")
    assert fresh.release == ""
    first = fresh.taken(MANIFEST, "e.a").taken(manifest("r2"))
    counted = replace(first, now=tally())
    assert (counted.release, counted.before, counted.arm) == ("r2", MANIFEST, "")
    back = counted.given_up(Guard.LATENCY)
    assert (back.release, back.before, back.failed) == ("r1", None, {"r2": Guard.LATENCY})
    table = json.loads(json.dumps(notes.written(replace(counted, pinned="", arm="e.a"))))
    assert notes.read(table) == replace(counted, pinned="", arm="e.a")
    for number in range(notes.FAILED_MAX + 3):
        back = back.but(f"r{number}", Guard.PERSON)
    assert len(back.failed) == notes.FAILED_MAX


@pytest.mark.parametrize(
    "change",
    [
        {"identity": ""},
        {"identity": 7},
        {"arm": "../x"},
        {"arm": 7},
        {"pinned": "../x"},
        {"pinned": 7},
        {"failed": []},
        {"failed": {"r1": "bored"}},
        {"current": {}},
        {"now": 7},
        {"now": {"shown": -1, "accepted": 0, "latencies_ms": [], "crashes_ms": []}},
        {"now": {"shown": 1, "accepted": 0, "latencies_ms": 7, "crashes_ms": []}},
        {"now": {"shown": 1, "accepted": 0, "latencies_ms": ["7"], "crashes_ms": []}},
    ],
)
def test_notes_that_do_not_fit_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputError):
        notes.read({**notes.written(Notes("id")), **change})
    with pytest.raises(InputError):
        notes.read([])


def test_every_reason_has_a_sentence() -> None:
    for each in (*Refusal, *Guard, *Distrust):
        assert each.sentence
    error = ReleaseError(Distrust.EXPIRED)
    assert str(error).startswith("What the repository says has expired")
    assert error.exit_code == 9
