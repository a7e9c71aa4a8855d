"""From a keystroke to a proposal: Echo beside llama.cpp's own server, on the same typing.

`python -m bench.latency [--model NAME] [--keys N] [--seed N]`

Each side plays twice, at other places the second time, so that no cache holds what it asks for:

  looked at   the next key comes at its time, but not before the answer: every key has a value,
              and the figures are made of these
  typed on    the next key comes at its time and cancels what is under way: how many keys were
              answered before the next one is the `answered_share`

Left out: what is typed (`bench.typing`), how each side is asked (`bench.sides`).

Rules
 - Time runs from the key, before its change is sent, to the answer at the editor's end.
 - The first key of a place is the deletion: the cold prompt counts.
 - A proposal counts, silence does not; how often there was one is in the detail.
 - llama.vscode is answered in one piece (`stream: false`), and so is an editor that speaks LSP: on
   both sides the first line comes with the proposal it belongs to.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

from bench import report, speed, stage
from bench.sides import Answer, EchoSide, PeerSide, Side
from bench.speed import Speed
from bench.texts import sources
from bench.typing import Key, Session, sessions
from echo_core.clock import Clock
from echo_core.metrics import percentile
from echo_runtime.clock import SystemClock

KEYS = 240


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


@dataclass(frozen=True, slots=True)
class Plan:
    """What is typed on both sides; no place of one pass is one of the other."""

    looked_at: list[Session]
    typed_on: list[Session]

    @classmethod
    def made(cls, keys: int, seed: int) -> Plan:
        """About `keys` keys in each pass."""
        files = sources(seed)
        first = sessions(files, keys, seed)
        used = [{place.start for place in session.places} for session in first]
        return cls(first, sessions(files, keys, seed + 1, used))


async def play(side: Side, session: Session, clock: Clock, *, typed_on: bool) -> list[Struck]:
    """One session on one side.

    Raises:
        AssertionError: the text at the end is not the file's.
    """
    struck: list[Struck] = []
    await side.open(session.source)
    for place in session.places:
        for number, key in enumerate(place.keys):
            following = place.keys[number + 1] if number + 1 < len(place.keys) else None
            struck_ms = clock.steady_ms()
            await side.edit(key.edit)
            if key.asks:
                patient = not typed_on or following is None
                answer = await _asked(side, key, following, struck_ms, clock, patient=patient)
                struck.append(Struck(session.source.name, number == 0, struck_ms, answer))
            if following is not None:
                left_ms = struck_ms + following.wait_ms - clock.steady_ms()
                await clock.sleep_ms(max(0.0, left_ms))
    if await side.close() != session.source.text:
        raise AssertionError(f"the session in {session.source.name} did not end in its text")
    return struck


async def _asked(
    side: Side, key: Key, following: Key | None, struck_ms: float, clock: Clock, *, patient: bool
) -> Answer | None:
    """The answer to one key; None when the following key came first."""
    asked = await side.ask(key.edit.end_after)
    answer = asyncio.ensure_future(asked.answer())
    if not patient and following is not None:
        due_ms = struck_ms + following.wait_ms
        due = asyncio.ensure_future(clock.sleep_ms(max(0.0, due_ms - clock.steady_ms())))
        await asyncio.wait({answer, due}, return_when=asyncio.FIRST_COMPLETED)
        due.cancel()
        if not answer.done():
            answer.cancel()
            await asked.give_up()
            return None
    return await answer


async def both(
    side: Side, plan: Plan, clock: Clock, name: str
) -> tuple[list[Struck], list[Struck]]:
    """All sessions on one side, looked at and typed on."""
    passes: list[list[Struck]] = []
    for typed_on in (False, True):
        struck: list[Struck] = []
        for session in plan.typed_on if typed_on else plan.looked_at:
            stage.say(f"{name}: {session.source.name}, {'typed on' if typed_on else 'looked at'}")
            struck += await play(side, session, clock, typed_on=typed_on)
        passes.append(struck)
    return passes[0], passes[1]


def times(struck: list[Struck]) -> list[float]:
    """From key to proposal, of the keys that got one."""
    return [ms for one in struck if (ms := one.ms) is not None]


def detail(looked: list[Struck], typed: list[Struck]) -> dict[str, object]:
    """What one side's passes come to."""
    answers = [one.answer for one in looked if one.answer is not None]
    tokens = [answer.tokens_evaluated for answer in answers]
    per_file = {
        file: stage.spread(times([one for one in looked if one.file == file]))
        for file in dict.fromkeys(one.file for one in looked)
    }
    answered = [one for one in typed if one.answer is not None]
    return {
        "proposal_ms": stage.spread(times(looked)),
        "first_of_place_ms": stage.spread(times([one for one in looked if one.arrives])),
        "within_place_ms": stage.spread(times([one for one in looked if not one.arrives])),
        "proposed_share": report.ratio(len(times(looked)), len(looked)),
        "prompt_tokens_p50": percentile(tokens, 50),
        "prompt_tokens_p95": percentile(tokens, 95),
        "hits": dict(Counter(answer.hit for answer in answers)),
        "files": per_file,
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


def where_both_proposed(echo: list[Struck], peer: list[Struck]) -> dict[str, object]:
    """Both sides' times at the keys at which both had a proposal."""
    pairs = [
        (one.ms, other.ms)
        for one, other in zip(echo, peer, strict=True)
        if one.ms is not None and other.ms is not None
    ]
    return {
        "echo_ms": stage.spread([ours for ours, _ in pairs]),
        "peer_ms": stage.spread([theirs for _, theirs in pairs]),
    }


async def measure(model: str, keys: int, seed: int, threads: int) -> report.Report:
    """Play everything on both sides, one after the other."""
    clock = SystemClock()
    setting = await stage.set_up(model, threads)
    plan = Plan.made(keys, seed)
    async with await setting.peer() as peer:
        versions = {"peer_version": peer.version, "peer_built_for": peer.system}
        peer_speed = await speed.of_peer(peer)
        peer_passes = await both(PeerSide(peer, clock), plan, clock, "peer")
    echo_speed = await speed.of_echo(setting, clock)
    async with stage.house(stage.engine_settings(setting), clock, model=model) as session:
        echo_passes = await both(EchoSide(session, clock), plan, clock, "echo")
    ratios = {
        percent: report.ratio(
            percentile(times(echo_passes[0]), percent), percentile(times(peer_passes[0]), percent)
        )
        for percent in (50, 95)
    }
    return report.Report(
        bench="latency",
        when=report.when(clock.wall_ms()),
        machine=report.machine(),
        model=model,
        values={
            "prompt_tokens_per_key_p50": tokens_per_key(echo_passes[0]),
            "first_line_ratio_p50": ratios[50],
            "first_line_ratio_p95": ratios[95],
        },
        detail={
            **setting.detail,
            **versions,
            "echo_built_for": stage.system_of_echo(),
            "seed": seed,
            "keys": sum(key.asks for one in plan.looked_at for key in one.keys),
            "places": sum(len(one.places) for one in plan.looked_at),
            "speed": {"echo": echo_speed.detail, "peer": peer_speed.detail},
            "ratio_p50_with_equal_builds": equal_builds(ratios[50], echo_speed, peer_speed),
            "where_both_proposed": where_both_proposed(echo_passes[0], peer_passes[0]),
            "echo": detail(*echo_passes),
            "peer": detail(*peer_passes),
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
