"""What a report says to do, from rows whose truth is known."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from echo_core.errors import InputError
from echo_core.release.channel import PARTS, Arm, Experiment
from echo_core.sharing.bundle.contents import LATENCY_BOUNDS_MS
from echo_testing.contributions import COUNTERS
from echo_trainer.experiments.judging import (
    ClientWeek,
    Decision,
    Report,
    Verdict,
    client_weeks,
    judge,
)
from echo_trainer.experiments.metrics import Metric, Tally, percentile_ms
from echo_trainer.experiments.page import page
from echo_trainer.experiments.saying import as_json, as_text

DEPTH = Experiment("depth", "s", (Arm("old", "", PARTS // 2), Arm("new", "r2", PARTS // 2)))
WEEK = "2026-W47"
Change = Callable[[Tally], Tally]


def tally(chance: random.Random, rate: float, step: int = 4) -> Tally:
    """A person's week: 80 to 160 proposals of 20 characters each, answers near one bin."""
    shown = chance.randint(80, 160)
    accepted = sum(chance.random() < rate for _ in range(shown))
    latency = [0] * (len(LATENCY_BOUNDS_MS) + 1)
    for _ in range(shown):
        latency[step + chance.randint(-1, 1)] += 1
    kept = 17 * accepted
    return Tally(shown, accepted, 20 * accepted, kept, chance.randint(2000, 6000), tuple(latency))


def people(
    arm: str, many: int, rate: float, *, week: str = WEEK, change: Change = lambda it: it
) -> list[ClientWeek]:
    chance = random.Random(f"{arm} {week}")
    return [
        ClientWeek(f"{arm}-{number}", week, arm, change(tally(chance, rate)))
        for number in range(many)
    ]


def judged(*sides: list[ClientWeek], experiment: Experiment = DEPTH) -> Report:
    return judge(experiment, [one for side in sides for one in side])


def slower(it: Tally) -> Tally:
    return replace(it, latency=(0, *it.latency[:-1]))  # every answer takes twice as long


def undone(it: Tally) -> Tally:
    return replace(it, kept_chars=it.kept_chars // 3)


@pytest.mark.parametrize(
    ("sides", "decision", "said"),
    [
        ((people("old", 60, 0.25), people("new", 60, 0.36)), Decision.PROMOTE, "rate rose by"),
        ((people("old", 60, 0.36), people("new", 60, 0.25)), Decision.STOP, "rate fell by"),
        ((people("old", 60, 0.25), people("new", 60, 0.25)), Decision.GO_ON, "may be nothing"),
        ((people("old", 29, 0.25), people("new", 29, 0.36)), Decision.GO_ON, "29 clients"),
        ((people("old", 60, 0.25), []), Decision.INVALID, "not as many"),
        ((people("old", 90, 0.25), people("new", 30, 0.36)), Decision.INVALID, "not as many"),
        (
            (people("old", 60, 0.25), people("new", 60, 0.36, change=slower)),
            Decision.STOP,
            "worse: latency",
        ),
        (
            (people("old", 60, 0.25), people("new", 60, 0.36, change=undone)),
            Decision.STOP,
            "worse: gr, retained.",
        ),
        ((), Decision.GO_ON, "0 clients"),
    ],
    ids=["better", "worse", "same", "few", "gone", "uneven", "slower", "undone", "nothing"],
)
def test_what_is_to_be_done(
    sides: tuple[list[ClientWeek], ...], decision: Decision, said: str
) -> None:
    made = judged(*sides)
    (found,) = made.judged
    assert (found.decision, said in found.sentence) == (decision, True), found.sentence
    text = as_text(made)
    assert text.split("\n")[1] == found.sentence
    document = json.loads(as_json(made), parse_constant=pytest.fail)
    assert document["judged"][0]["decision"] == decision
    shown = page(made).decode()
    assert found.sentence in shown
    assert "<script" not in shown
    assert "http" not in shown
    for client in ("old-1", "new-1"):
        assert not any(client in each for each in (text, shown, str(document)))


def test_rows_in_any_order_say_the_same() -> None:
    rows = people("old", 50, 0.25) + people("new", 50, 0.3)
    mixed = list(rows)
    random.Random(5).shuffle(mixed)
    assert judge(DEPTH, mixed) == judge(DEPTH, rows)


def test_figures_are_those_that_were_counted() -> None:
    one = Tally(100, 25, 500, 400, 1500, (0, 0, 0, 50, 40, 10, 0, 0, 0, 0))
    rows = [ClientWeek(f"{arm}{at}", WEEK, arm, one) for arm in ("old", "new") for at in range(2)]
    side = judge(DEPTH, rows).sides[0]
    assert side.values == {
        Metric.AR: 25.0,
        Metric.GR: 20.0,
        Metric.RETAINED: 4.0,
        Metric.UTILITY: 0.0,  # 0.75 of 25, less 0.25 of 75
        Metric.LATENCY: 3.6,
    }
    assert (side.p50_ms, side.p95_ms, side.clients, side.share) == (200, 800, 2, 50)
    assert percentile_ms([0] * 10, 50) is None


def test_who_cannot_be_compared_is_left_out_and_counted() -> None:
    rows = people("old", 40, 0.25) + people("new", 40, 0.25)
    both = [replace(rows[0], arm="new"), ClientWeek("robot", WEEK, "new", Tally(10**9, 0))]
    made = judge(DEPTH, rows + both)
    assert made.left_out == {"on two sides": 1, "not credible": 1}
    assert [side.clients for side in made.sides] == [39, 40]
    assert "1 weeks of clients were left out: on two sides." in as_text(made)


def test_the_same_people_a_second_week_are_no_more_people() -> None:
    rows = people("old", 60, 0.25) + people("new", 60, 0.3)
    again = [replace(each, week="2026-W48") for each in rows]
    once, twice = (judge(DEPTH, each).judged[0].comparisons[0] for each in (rows, rows + again))
    assert once.once is not None
    assert twice.once == once.once
    assert once.always is not None
    assert twice.always is not None
    assert twice.always.low < once.always.low


def test_a_share_of_alpha_for_each_of_several_sides() -> None:
    thirds = (Arm("old", "", 400), Arm("new", "r2", 400), Arm("third", "r3", 400))
    three = replace(DEPTH, arms=thirds)
    rows = people("old", 60, 0.25), people("new", 60, 0.3)
    alone, among = judged(*rows), judged(*rows, people("third", 60, 0.25), experiment=three)
    assert [each.arm for each in among.judged] == ["new", "third"]
    wide, narrow = among.judged[0].comparisons[0].always, alone.judged[0].comparisons[0].always
    assert wide is not None
    assert narrow is not None
    assert wide.low < narrow.low < narrow.high < wide.high
    with pytest.raises(InputError, match="fewer than two sides"):
        judge(replace(DEPTH, arms=DEPTH.arms[:1]), [])


def test_languages_and_models_of_a_client_are_put_together() -> None:
    rows = [
        ("a", WEEK, replace(COUNTERS, arm="depth.new")),
        ("a", WEEK, replace(COUNTERS, arm="depth.new", language="go")),
        ("a", WEEK, COUNTERS),
        ("b", WEEK, replace(COUNTERS, arm="depth.gone")),
    ]
    (found,) = client_weeks(DEPTH, rows)
    assert (found.arm, found.tally.shown) == ("new", 2 * COUNTERS.shown)
    assert judge(DEPTH, [found]).judged[0].comparisons[0].verdict is Verdict.TOO_FEW
