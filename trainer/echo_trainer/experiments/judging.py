"""The report of an experiment: each side's figures, what differs, and the sentence that follows.

    sides cannot be compared (their clients are not as many as they should be)    INVALID
    too few clients                                                               GO_ON
    the acceptance rate is higher, and nothing else is shown to be worse          PROMOTE
    the acceptance rate is lower, or another metric is shown to be worse          STOP
    otherwise                                                                     GO_ON

Left out: where rows come from (`counting`), how a report is shown (`saying`, `page`).

Rules
 - It follows from the rows and the experiment alone, in whichever order they came.
 - The first side is what the others are compared with.
 - Decisions follow from intervals that hold however often a report was made: an experiment without
   a difference is ever promoted or stopped for its acceptance rate with a probability of at most
   alpha, shared out among the sides; for the other metrics together, alpha again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from echo_core.errors import InputError
from echo_core.release.channel import Arm, Experiment
from echo_core.sharing.bundle.contents import Counters, week_start_ms
from echo_trainer.experiments import balance
from echo_trainer.experiments.balance import Balance
from echo_trainer.experiments.metrics import (
    DEFINITIONS,
    Definition,
    Metric,
    Tally,
    percentile_ms,
)
from echo_trainer.experiments.ratios import (
    CLIENTS_MIN,
    Difference,
    Interval,
    Moments,
    difference,
    looked_at_once,
)
from echo_trainer.experiments.sequential import always

ALPHA: Final = 0.05
_WEEK_MS: Final = 7 * 86_400_000


@dataclass(frozen=True, slots=True)
class ClientWeek:
    """What a client sent of one week on one side of this experiment."""

    client: str
    week: str
    arm: str
    tally: Tally


class Verdict(StrEnum):
    """What a metric says of a side."""

    BETTER = "better"
    WORSE = "worse"
    OPEN = "open"
    TOO_FEW = "too_few"


class Decision(StrEnum):
    """What to do with a side."""

    PROMOTE = "promote"
    STOP = "stop"
    GO_ON = "go_on"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Side:
    """One side's figures."""

    arm: str
    release: str
    share: float  # of those who take part, in percent
    clients: int  # weeks of clients: whoever takes part for three weeks counts three times
    tally: Tally
    values: Mapping[Metric, float | None]
    p50_ms: int | None
    p95_ms: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric of a side against the first side's, in the metric's unit."""

    metric: Metric
    once: Interval | None  # for whoever looks once
    always: Interval | None  # for whoever looks when they like
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """What is to be done with a side, and why."""

    arm: str
    comparisons: tuple[Comparison, ...]
    decision: Decision
    sentence: str


@dataclass(frozen=True, slots=True)
class Report:
    """All of it."""

    experiment: str
    alpha: float
    weeks: tuple[str, ...]
    sides: tuple[Side, ...]
    balance: Balance
    left_out: Mapping[str, int]  # weeks of clients, by reason
    judged: tuple[Judged, ...]


def arm_of(experiment: str, arm: str) -> str:
    """How events and counters name a side."""
    return f"{experiment}.{arm}"


def client_weeks(
    experiment: Experiment, rows: Iterable[tuple[str, str, Counters]]
) -> list[ClientWeek]:
    """Rows of counters (client, week, counters) put together, of this experiment's sides."""
    sides = {arm_of(experiment.name, arm.name): arm.name for arm in experiment.arms}
    found: defaultdict[tuple[str, str, str], Tally] = defaultdict(Tally)
    for client, week, row in rows:
        if row.arm in sides:
            found[client, week, sides[row.arm]] += Tally(
                row.shown,
                row.accepted,
                row.accepted_chars,
                row.kept_chars,
                row.typed_chars,
                row.latency,
            )
    return [ClientWeek(*key, tally) for key, tally in found.items()]


def judge(experiment: Experiment, clients: Sequence[ClientWeek], alpha: float = ALPHA) -> Report:
    """The report.

    Raises:
        InputError: the experiment has nothing to compare.
    """
    if len(experiment.arms) < 2:
        raise InputError(f"The experiment {experiment.name} has fewer than two sides.")
    kept, left_out = _kept(clients)
    weeks = sorted({each.week for each in kept})
    by_side = {
        (arm.name, week): [each.tally for each in kept if (each.arm, each.week) == (arm.name, week)]
        for arm in experiment.arms
        for week in weeks
    }
    parts = [arm.parts for arm in experiment.arms]
    even = balance.of_weeks(
        [[len(by_side[arm.name, week]) for arm in experiment.arms] for week in weeks], parts
    )
    control, *others = experiment.arms
    judged = []
    for arm in others:
        pairs = {
            place: (by_side[control.name, week], by_side[arm.name, week])
            for place, week in _places(weeks)
        }
        judged.append(_judged(arm.name, pairs, even, alpha / len(others)))
    sides = [
        _side(arm, sum(parts), [tally for week in weeks for tally in by_side[arm.name, week]])
        for arm in experiment.arms
    ]
    return Report(experiment.name, alpha, tuple(weeks), tuple(sides), even, left_out, tuple(judged))


# --- inside -------------------------------------------------------------------------------------


def _kept(clients: Sequence[ClientWeek]) -> tuple[list[ClientWeek], dict[str, int]]:
    """Those that count: on one side all week, and with figures that a person can have."""
    arms: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for each in clients:
        arms[each.client, each.week].add(each.arm)
    both = {key for key, found in arms.items() if len(found) > 1}
    single = [each for each in clients if (each.client, each.week) not in both]
    kept = [each for each in single if each.tally.is_plausible]
    return kept, {"on two sides": len(both), "not credible": len(single) - len(kept)}


def _places(weeks: Sequence[str]) -> list[tuple[int, str]]:
    """Each week's place since the first, from 1 on."""
    first = week_start_ms(weeks[0]) if weeks else 0
    return [((week_start_ms(week) - first) // _WEEK_MS + 1, week) for week in weeks]


def _moments(definition: Definition, tallies: Iterable[Tally]) -> Moments:
    return Moments.of(
        (definition.numerator(each), definition.denominator(each)) for each in tallies
    )


def _side(arm: Arm, parts: int, tallies: Sequence[Tally]) -> Side:
    whole = sum(tallies, Tally())
    values: dict[Metric, float | None] = {}
    for metric, definition in DEFINITIONS.items():
        ratio = _moments(definition, tallies).ratio
        values[metric] = None if ratio is None else ratio * definition.scale
    return Side(
        arm.name,
        arm.release,
        100 * arm.parts / max(1, parts),
        len(tallies),
        whole,
        values,
        percentile_ms(whole.latency, 50),
        percentile_ms(whole.latency, 95),
    )


_Pairs = Mapping[int, tuple[Sequence[Tally], Sequence[Tally]]]


def _judged(arm: str, pairs: _Pairs, even: Balance, alpha: float) -> Judged:
    guards = len(DEFINITIONS) - 1
    found = tuple(
        _compared(metric, pairs, alpha if metric is Metric.AR else alpha / guards)
        for metric in DEFINITIONS
    )
    most = max((min(map(len, both)) for both in pairs.values()), default=0)
    decision, sentence = _decided(arm, found, even, most)
    return Judged(arm, found, decision, sentence)


def _compared(metric: Metric, pairs: _Pairs, alpha: float) -> Comparison:
    definition = DEFINITIONS[metric]
    weeks: dict[int, Difference] = {}
    for place, (control, other) in pairs.items():
        made = difference(_moments(definition, control), _moments(definition, other))
        if made is not None:
            weeks[place] = made
    if not weeks:
        return Comparison(metric, None, None, Verdict.TOO_FEW)
    scale = definition.scale
    once = looked_at_once(list(weeks.values()), alpha).times(scale)
    ever = always(weeks, definition.spread / scale, alpha).times(scale)
    gain, loss = (ever.low, ever.high) if definition.is_better_higher else (-ever.high, -ever.low)
    if gain > 0:
        return Comparison(metric, once, ever, Verdict.BETTER)
    is_worse = loss < -definition.margin
    return Comparison(metric, once, ever, Verdict.WORSE if is_worse else Verdict.OPEN)


def _decided(
    arm: str, found: Sequence[Comparison], even: Balance, clients: int
) -> tuple[Decision, str]:
    first, *guards = found
    worse = [each.metric.value for each in guards if each.verdict is Verdict.WORSE]
    if not even.holds:
        return Decision.INVALID, (
            f"Do not compare {arm}: its clients are not as many as its share says; look at"
            " releases that failed or were refused, and begin another experiment."
        )
    if first.always is None:
        return Decision.GO_ON, (
            f"Go on with {arm}: {clients} clients on the smaller side in a week, and"
            f" {CLIENTS_MIN} are needed before anything can be said."
        )
    said = f"{first.always.low:+.1f} to {first.always.high:+.1f} points"
    if first.verdict is Verdict.WORSE or worse:
        fell = first.verdict is Verdict.WORSE
        why = f"the acceptance rate fell by {said}" if fell else f"worse: {', '.join(worse)}"
        return Decision.STOP, f"Stop {arm}: {why}."
    if first.verdict is Verdict.BETTER:
        return Decision.PROMOTE, (
            f"Promote {arm}: the acceptance rate rose by {said}, and nothing else is worse."
        )
    return Decision.GO_ON, (
        f"Go on with {arm}: the acceptance rate changed by {said}, which may be nothing."
    )
