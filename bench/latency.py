"""From a keystroke to a proposal: Echo beside llama.cpp's own server, on the same typing.

`python -m bench.latency [--model NAME] [--keys N] [--seed N]`

Each side plays three times, at other places each time, so that no cache holds what it asks for:

  looked at   the next key comes at its time, but not before the answer: every key has a value,
              and the figures are made of these
  typed on    the next key comes at its time and cancels what is under way: how many keys were
              answered before the next one is the `answered_share`
  by hand     a few keys ask by hand, and are answered with the whole proposal instead of its
              first line

Left out: what is typed (`bench.typing`), how each side is asked (`bench.sides`).

Rules
 - Time runs from the key, before its change is sent, to the answer at the editor's end.
 - The cursor comes to a place and rests there before its first key, the deletion, is struck.
   What a side makes of that time is its own affair; what is left of a cold prompt counts.
 - "llama.cpp's own server" is asked at every key. What its editor extension would have answered
   from its own cache is noted beside it, and the ratios with that cache are in the detail.
 - A proposal counts, silence does not; how often there was one is in the detail.
 - llama.vscode is answered in one piece (`stream: false`), and so is an editor that speaks LSP: on
   both sides the first line comes with the proposal it belongs to.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from bench import report, speed, stage
from bench.sides import Answer, Asked, EchoSide, PeerSide, Side
from bench.speed import Speed
from bench.texts import sources
from bench.typing import Session, sessions
from echo_core.clock import Clock
from echo_core.showing.metrics import percentile
from echo_runtime.clock import SystemClock

KEYS = 240
# Keys of the other passes, for each of the first: they say less.
TYPED_ON_SHARE = 0.5
BY_HAND_SHARE = 0.25
BY_HAND_EVERY = 6  # keys of a place


class Pass(Enum):
    """How the keys are struck; the value is its name for people."""

    LOOKED_AT = "looked at"
    TYPED_ON = "typed on"
    BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class Struck:
    """One key that asked, and what came of it; no answer: the next key came first."""

    file: str
    arrives: bool  # the deletion that begins a place
    struck_ms: float
    answer: Answer | None

    @property
    def ms(self) -> float | None:
        """From the key to its proposal."""
        if self.answer is None or not self.answer.proposed:
            return None
        return self.answer.arrived_ms - self.struck_ms

    @property
    def ms_with_client_cache(self) -> float | None:
        """The same, had the client answered what it remembered."""
        if self.answer is not None and self.answer.remembered_ms is not None:
            return self.answer.remembered_ms - self.struck_ms
        return self.ms


@dataclass(frozen=True, slots=True)
class Plan:
    """What is typed on both sides; no place of one pass is one of another."""

    sessions: dict[Pass, list[Session]]

    @classmethod
    def made(cls, keys: int, seed: int) -> Plan:
        """About `keys` keys in the first pass, and shares of them in the others."""
        files = sources(seed)
        used: list[set[int]] = [set() for _ in files]
        shares = {Pass.LOOKED_AT: 1.0, Pass.TYPED_ON: TYPED_ON_SHARE, Pass.BY_HAND: BY_HAND_SHARE}
        made: dict[Pass, list[Session]] = {}
        for number, (how, share) in enumerate(shares.items()):
            made[how] = sessions(files, math.ceil(keys * share), seed + number, used)
            for taken, session in zip(used, made[how], strict=True):
                taken.update(place.start for place in session.places)
        return cls(made)


async def play(side: Side, session: Session, clock: Clock, how: Pass) -> list[Struck]:
    """One session on one side.

    Raises:
        AssertionError: the text at the end is not the file's.
    """
    struck: list[Struck] = []
    await side.open(session.source)
    for place in session.places:
        await side.move(place.arrives_at)
        await clock.sleep_ms(place.rest_ms)
        for number, key in enumerate(place.keys):
            following = place.keys[number + 1] if number + 1 < len(place.keys) else None
            struck_ms = clock.steady_ms()
            await side.edit(key.edit)
            if key.asks and (how is not Pass.BY_HAND or number % BY_HAND_EVERY == 0):
                asked = await side.ask(key.edit.end_after, by_hand=how is Pass.BY_HAND)
                due_ms = struck_ms + following.wait_ms if following is not None else math.inf
                patient = how is not Pass.TYPED_ON
                answer = await _answered(asked, math.inf if patient else due_ms, clock)
                struck.append(Struck(session.source.name, number == 0, struck_ms, answer))
            if following is not None:
                left_ms = struck_ms + following.wait_ms - clock.steady_ms()
                await clock.sleep_ms(max(0.0, left_ms))
    if await side.close() != session.source.text:
        raise AssertionError(f"the session in {session.source.name} did not end in its text")
    return struck


async def _answered(asked: Asked, due_ms: float, clock: Clock) -> Answer | None:
    """The answer to one key; None when the next key, which is due then, came first."""
    answer = asyncio.ensure_future(asked.answer())
    if due_ms < math.inf:
        due = asyncio.ensure_future(clock.sleep_ms(max(0.0, due_ms - clock.steady_ms())))
        await asyncio.wait({answer, due}, return_when=asyncio.FIRST_COMPLETED)
        due.cancel()
        if not answer.done():
            answer.cancel()
            await asked.give_up()
            return None
    return await answer


async def passes(
    sides: Mapping[Pass, Side], plan: Plan, clock: Clock, name: str
) -> dict[Pass, list[Struck]]:
    """All sessions of all passes on one side."""
    played: dict[Pass, list[Struck]] = {}
    for how, typed in plan.sessions.items():
        played[how] = []
        for session in typed:
            stage.say(f"{name}: {session.source.name}, {how.value}")
            played[how] += await play(sides[how], session, clock, how)
    return played


def times(struck: list[Struck]) -> list[float]:
    """From key to proposal, of the keys that got one."""
    return [ms for one in struck if (ms := one.ms) is not None]


def times_with_client_cache(struck: list[Struck]) -> list[float]:
    """The same, had the client answered what it remembered."""
    return [ms for one in struck if (ms := one.ms_with_client_cache) is not None]


def detail(played: Mapping[Pass, list[Struck]]) -> dict[str, object]:
    """What one side's passes come to."""
    looked, typed = played[Pass.LOOKED_AT], played[Pass.TYPED_ON]
    answers = [one.answer for one in looked if one.answer is not None]
    tokens = [answer.tokens_evaluated for answer in answers]
    per_file = {
        file: stage.spread(times([one for one in looked if one.file == file]))
        for file in dict.fromkeys(one.file for one in looked)
    }
    answered = [one for one in typed if one.answer is not None]
    return {
        "proposal_ms": stage.spread(times(looked)),
        "with_client_cache_ms": stage.spread(times_with_client_cache(looked)),
        "first_of_place_ms": stage.spread(times([one for one in looked if one.arrives])),
        "within_place_ms": stage.spread(times([one for one in looked if not one.arrives])),
        "proposed_share": report.ratio(len(times(looked)), len(looked)),
        "prompt_tokens_p50": percentile(tokens, 50),
        "prompt_tokens_p95": percentile(tokens, 95),
        "hits": dict(Counter(answer.hit for answer in answers)),
        "files": per_file,
        "by_hand_ms": stage.spread(times(played[Pass.BY_HAND])),
        "typed_on": {
            "keys": len(typed),
            "answered_share": report.ratio(len(answered), len(typed)),
            "proposed_share": report.ratio(len(times(typed)), len(typed)),
            "proposal_ms": stage.spread(times(typed)),
        },
    }


def tokens_per_key(looked: list[Struck]) -> float | None:
    """The median of prompt tokens of keys inside a gap for which the engine was asked."""
    return percentile(
        [
            one.answer.tokens_evaluated
            for one in looked
            if one.answer is not None and one.answer.hit == "engine" and not one.arrives
        ],
        50,
    )


def equal_builds(found: float | None, echo: Speed, peer: Speed) -> float | None:
    """What would be left of a ratio if Echo's build read no faster than the peer's."""
    factor = report.ratio(echo.reading, peer.reading)
    return None if found is None or factor is None else found * factor


def where_both_proposed(
    echo: list[Struck], peer: list[Struck], *, of_engine: bool = False
) -> dict[str, object]:
    """Both sides' times at the keys at which both had a proposal.

    `of_engine`: only those for which Echo had nothing in its cache.
    """
    pairs = [
        (one.ms, other.ms)
        for one, other in zip(echo, peer, strict=True)
        if one.ms is not None
        and other.ms is not None
        and not (of_engine and one.answer is not None and one.answer.hit != "engine")
    ]
    return {
        "echo_ms": stage.spread([ours for ours, _ in pairs]),
        "peer_ms": stage.spread([theirs for _, theirs in pairs]),
    }


def ratios(ours: list[float], theirs: list[float]) -> dict[str, float | None]:
    """Echo's time over the peer's, in the middle and at the upper end."""
    return {
        f"p{percent}": report.ratio(percentile(ours, percent), percentile(theirs, percent))
        for percent in (50, 95)
    }


async def measure(model: str, keys: int, seed: int, threads: int) -> report.Report:
    """Play everything on both sides, one after the other."""
    clock = SystemClock()
    setting = await stage.set_up(model, threads)
    plan = Plan.made(keys, seed)
    async with await setting.peer() as server:
        versions = {"peer_version": server.version, "peer_built_for": server.system}
        peer_speed = await speed.of_peer(server)
        sides: dict[Pass, Side] = {
            how: PeerSide(server, clock, caching=how is Pass.TYPED_ON) for how in Pass
        }
        peer = await passes(sides, plan, clock, "peer")
    echo_speed = await speed.of_echo(setting, clock)
    async with stage.house(stage.engine_settings(setting), clock, model=model) as session:
        echo = await passes(dict.fromkeys(Pass, EchoSide(session, clock)), plan, clock, "echo")
    ours, theirs = echo[Pass.LOOKED_AT], peer[Pass.LOOKED_AT]
    found = ratios(times(ours), times(theirs))
    return report.Report(
        bench="latency",
        when=report.when(clock.wall_ms()),
        machine=report.machine(),
        model=model,
        values={
            "prompt_tokens_per_key_p50": tokens_per_key(ours),
            "first_line_ratio_p50": found["p50"],
            "first_line_ratio_p95": found["p95"],
        },
        detail={
            **setting.detail,
            **versions,
            "echo_built_for": stage.system_of_echo(),
            "seed": seed,
            "keys": len(ours),
            "places": sum(one.arrives for one in ours),
            "speed": {"echo": echo_speed.detail, "peer": peer_speed.detail},
            "ratio_p50_with_equal_builds": equal_builds(found["p50"], echo_speed, peer_speed),
            "ratio_with_client_cache": ratios(times(ours), times_with_client_cache(theirs)),
            "ratio_by_hand": ratios(times(echo[Pass.BY_HAND]), times(peer[Pass.BY_HAND])),
            "where_both_proposed": where_both_proposed(ours, theirs),
            "where_echo_asked_its_engine": where_both_proposed(ours, theirs, of_engine=True),
            "echo": detail(echo),
            "peer": detail(peer),
        },
    )


def main() -> None:
    """The command line."""
    options = stage.parser(__doc__.split("\n")[0])
    options.add_argument("--keys", type=int, default=KEYS, help="keys that ask, over all files")
    chosen = options.parse_args()
    stage.run(measure(chosen.model, chosen.keys, chosen.seed, chosen.threads))


if __name__ == "__main__":
    main()
