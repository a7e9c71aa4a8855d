"""Dataset versions of a lake: what is dropped, that they can be made again, and what is deleted."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from echo_core.errors import InputError, TrainerError
from echo_testing.lake_room import OPEN, PEOPLE, Room, contribution, line
from echo_trainer.curation.drops import Drop
from echo_trainer.curation.manifest import Manifest
from echo_trainer.curation.split import Part
from echo_trainer.datasets.problems import digest_of_problems, problem_texts
from echo_trainer.lake.engine import engine
from echo_trainer.lake.samples import Opened
from echo_trainer.lake.versions import Versions

PROBLEM = (
    "def sorted_by_length(words):\n"
    "    short = [word for word in words if len(word) < 4]\n"
    "    return sorted(short, key=lambda word: (len(word), word))"
)


def everything() -> list[Opened]:
    """Samples of eight people, with one of each thing that is dropped."""
    people = [Opened(PEOPLE[number % 8], "2026-W47", contribution(number)) for number in range(160)]
    first, second, third = (one.sample for one in people[:3])
    typed, cut = first.prefix + first.target[:6], first.target[6:]
    return [
        *people,
        # Copied by somebody else, word for word and with another layout.
        Opened(PEOPLE[5], "2026-W47", replace(second, id="c" * 32, quality=1)),
        Opened(
            PEOPLE[6],
            "2026-W47",
            replace(third, id="d" * 32, quality=1, prefix=third.prefix.replace("    ", "\t")),
        ),
        # Asked for again six keys later in the same gap.
        Opened(
            PEOPLE[0],
            "2026-W47",
            replace(first, id="e" * 32, quality=1, prefix=typed, target=cut),
        ),
        Opened(PEOPLE[1], "2026-W47", contribution(900, prefix=f"x = 1\n{PROBLEM}\n\n\n")),
        *(Opened(PEOPLE[n % 8], "2026-W47", contribution(700 + n, target="")) for n in range(40)),
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Room, Manifest]:
    room = Room(tmp_path_factory.mktemp("one"))
    room.add(everything())
    return room, room.make(problems=[PROBLEM])


def test_everything_is_taken_or_has_its_reason(made: tuple[Room, Manifest]) -> None:
    _, manifest = made
    assert manifest.arrived == 204
    assert manifest.dropped == {
        Drop.DUPLICATE: 2,
        Drop.SAME_GAP: 1,
        Drop.CONTAMINATED: 1,
        Drop.VOID_SHARE: 24,
    }
    assert sum(manifest.parts.values()) + sum(manifest.dropped.values()) == 204
    assert manifest.after.lengths["void"] == 16  # one to ten of the 160 others
    assert re.fullmatch(r"[0-9.]+ [0-9a-f]{16}", manifest.code)


def test_rows_come_back_as_they_were(made: tuple[Room, Manifest]) -> None:
    room, manifest = made
    rows = list(Versions(room.lake).rows(manifest.name, Part.TRAIN, room.keys))
    assert sorted(row.place for row in rows) == list(range(manifest.parts["train"]))
    sent = {(one.sample.prefix, one.sample.target, one.sample.suffix) for one in everything()}
    assert {(row.texts.prefix, row.texts.target, row.texts.suffix) for row in rows} <= sent


def test_the_same_samples_make_the_same_version(
    made: tuple[Room, Manifest], tmp_path: Path
) -> None:
    """In another order, in many files, in another lake with other keys."""
    room = Room(tmp_path)
    shuffled = everything()
    random.Random(5).shuffle(shuffled)
    for at in range(0, len(shuffled), 50):
        room.add(shuffled[at : at + 50])
    again = room.make(problems=[PROBLEM])
    assert again.name == made[1].name
    assert again.digest == made[1].digest
    other = room.make(replace(OPEN, seed=1), [PROBLEM])
    assert other.rows != again.rows
    assert other.inputs == again.inputs
    assert Versions(room.lake).names() == sorted((again.name, other.name))


def test_what_few_people_wrote_is_hidden_or_dropped(tmp_path: Path) -> None:
    room = Room(tmp_path)
    people = everything()[:160]
    own = contribution(990, prefix="zebrafish = 1\n" + "".join(line(random.Random(990)) * 8))
    kept = contribution(991, target="quuxify(total)")
    room.add([*people, Opened(PEOPLE[0], "2026-W47", own), Opened(PEOPLE[0], "2026-W47", kept)])
    manifest = room.make(replace(OPEN, contributors_min=5))
    assert manifest.dropped[Drop.RARE] == 1
    assert manifest.hidden >= 1
    rows = list(Versions(room.lake).rows(manifest.name, Part.TRAIN, room.keys))
    assert not [
        row for row in rows if "zebrafish" in row.texts.prefix or "quux" in row.texts.target
    ]
    assert [row for row in rows if row.texts.prefix.startswith("<WORD> = 1\n")]


def test_preferences_are_counted_and_go_where_their_samples_go(tmp_path: Path) -> None:
    room = Room(tmp_path)
    people = everything()[:80]
    said = people[0].sample.target

    def refusing(number: int, rejected: str) -> Opened:
        one = people[number]
        return replace(one, sample=replace(one.sample, rejected=rejected))

    people[:5] = (
        refusing(0, "delta_total = user(list, 1)"),
        refusing(1, people[1].sample.target.replace(" ", "")),  # laid out otherwise: none
        refusing(2, "delta_total = quuxify(list, 1)"),  # a word that nobody else wrote
        refusing(3, PROBLEM),
        refusing(4, "delta_total = user(list, 2)"),
    )
    room.add(people)
    manifest = room.make(replace(OPEN, contributors_min=2), [PROBLEM])
    assert manifest.dropped[Drop.CONTAMINATED] == 1
    assert manifest.preferences == {Part.TRAIN: 2}
    rows = list(Versions(room.lake).rows(manifest.name, Part.TRAIN, room.keys))
    refused = {row.texts.rejected: row.texts.target for row in rows if row.texts.rejected}
    assert set(refused) == {"delta_total = user(list, 1)", "delta_total = user(list, 2)"}
    assert refused["delta_total = user(list, 1)"] == said
    gone = next(row for row in rows if row.texts.rejected)
    assert Versions(room.lake).forget(gone.contributor, "2026-11-23")
    left = Versions(room.lake).rows(manifest.name, Part.TRAIN, room.keys)
    assert len([row for row in left if row.texts.rejected]) == 1


def test_a_cut_off_run_leaves_nothing_for_the_next(tmp_path: Path) -> None:
    room = Room(tmp_path)
    with pytest.raises(InputError, match="no samples"):
        room.make()
    room.add(everything()[:20])
    room.lake.write("scratch/old/facts/x.parquet", b"half")
    room.lake.write("versions/old/x.parquet", b"half")
    room.keys.destroy(PEOPLE[0])  # of a wish that was cut off after its first step
    manifest = room.make()
    assert manifest.arrived == 17
    left = list(room.lake.names())
    assert not [place for place in left if "old" in place or place.startswith("scratch")]
    Versions(room.lake).remove(manifest.name)
    assert not [place for place in room.lake.names() if not place.startswith("samples")]
    with pytest.raises(InputError, match="datasets list"):
        Versions(room.lake).manifest(manifest.name)


def test_problems_come_from_files(tmp_path: Path) -> None:
    lines = tmp_path / "a.jsonl"
    lines.write_text(
        '{"prompt": "a ", "canonical_solution": "b", "x": "c", "n": 1}\n\n{"t": "d"}\n'
    )
    plain = tmp_path / "b.py"
    plain.write_text("e = 1\n")
    found = problem_texts([lines, plain])
    assert found == ["a b", "c", "d", "e = 1\n"]
    assert digest_of_problems(found) == digest_of_problems(found[::-1])
    (tmp_path / "c.jsonl").write_text("[1]\n")
    for wrong in ("c.jsonl", "none.txt"):
        with pytest.raises(InputError, match="no readable file"):
            problem_texts([tmp_path / wrong])


def test_a_cluster_that_is_not_there_is_told() -> None:
    with pytest.raises(TrainerError, match="Ray"):
        engine(1, "ray://127.0.0.1:1", {})
