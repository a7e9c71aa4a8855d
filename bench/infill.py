"""How often the right text is proposed: HumanEval-Infilling, Echo beside llama.cpp's own server.

`python -m bench.infill [--path FILE] [--problems N] [--model NAME] [--seed N]`

Left out: how Echo is asked and judged (`echo_trainer.gate`), and time: both sides may take as long
as they need; `bench.latency` measures that.

Rules
 - Echo: the product's window, stop rules and filters around its engine.
 - The peer: asked as llama.vscode asks it, but greedily. Drawing, as it does, matches less often.
 - Both are asked by hand: what is too short to be worth showing unasked counts. How often Echo
   would have matched without being asked is in the detail.
 - Both are judged on as many lines as the target has, without white space at the end.
 - The same cursors for both, the same for the same seed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import llama_vscode, problems, report, stage
from bench.peer import Peer
from echo_core.showing.metrics import percentile
from echo_core.text.document import Text
from echo_engine.api import Engine
from echo_runtime.clock import SystemClock
from echo_trainer.gate.asking import propose
from echo_trainer.gate.problems import Cursor, cursors_of
from echo_trainer.gate.written import as_long_as, same, similarity

PROBLEMS = 200
KINDS = ("line", "mid_line")
TELL_EVERY = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """What a side proposes to who asks by hand, and to who only types."""

    by_hand: str
    unasked: str


Ask = Callable[[Cursor], Awaitable[Answer]]


@dataclass(slots=True)
class Score:
    """What one side reached at one kind of cursor."""

    matches: list[bool] = field(default_factory=list)
    similarities: list[float] = field(default_factory=list)
    silent: int = 0
    matches_unasked: int = 0

    def note(self, answer: Answer, target: str) -> None:
        """Judge one answer."""
        written = as_long_as(answer.by_hand, target)
        self.matches.append(same(written, target))
        self.matches_unasked += same(as_long_as(answer.unasked, target), target)
        self.similarities.append(similarity(written, target))
        self.silent += not written

    @property
    def exact(self) -> float | None:
        """The share of exact matches."""
        return report.ratio(sum(self.matches), len(self.matches))

    @property
    def detail(self) -> dict[str, object]:
        """For the report."""
        count = len(self.matches)
        return {
            "count": count,
            "exact_match": self.exact,
            "exact_match_unasked": report.ratio(self.matches_unasked, count),
            "edit_similarity": report.ratio(sum(self.similarities), count),
            "edit_similarity_p50": percentile(self.similarities, 50),
            "silent": self.silent,
        }


def ask_echo(engine: Engine) -> Ask:
    """Asks Echo's engine as the daemon does."""
    clock = SystemClock()

    async def ask(cursor: Cursor) -> Answer:
        said = await propose(engine, cursor.text, cursor.offset, clock.steady_ms)
        return Answer(said.by_hand, said.unasked)

    return ask


def ask_peer(peer: Peer) -> Ask:
    """Asks the peer as its editor extension does."""

    async def ask(cursor: Cursor) -> Answer:
        asked = llama_vscode.question(Text(cursor.text), cursor.offset)
        said = await peer.infill(llama_vscode.body(asked, greedy=True))
        offered = llama_vscode.proposal(asked, str(said.get("content", "")))
        shown = llama_vscode.shown(asked, offered)
        return Answer(shown, shown)

    return ask


async def score(
    ask: Ask, cursors: Mapping[str, Sequence[tuple[str, Cursor]]], name: str
) -> dict[str, Score]:
    """Ask one side at every cursor."""
    scores = {kind: Score() for kind in cursors}
    for kind, wanted in cursors.items():
        for number, (_, cursor) in enumerate(wanted, start=1):
            scores[kind].note(await ask(cursor), cursor.target)
            if number % TELL_EVERY == 0 or number == len(wanted):
                done = sum(scores[kind].matches)
                stage.say(f"{name}, {kind}: {number} of {len(wanted)}, {done} match")
    return scores


def gain(ours: Score, theirs: Score) -> float | None:
    """The difference of exact match; None without problems."""
    if ours.exact is None or theirs.exact is None:
        return None
    return ours.exact - theirs.exact


def outcomes(ours: Score, theirs: Score) -> dict[str, int]:
    """In how many problems which side matched: how sure the difference is."""
    pairs = list(zip(ours.matches, theirs.matches, strict=True))
    return {
        "both": pairs.count((True, True)),
        "echo_only": pairs.count((True, False)),
        "peer_only": pairs.count((False, True)),
        "neither": pairs.count((False, False)),
    }


async def measure(model: str, path: Path, count: int, seed: int, threads: int) -> report.Report:
    """Ask both sides, one after the other."""
    clock = SystemClock()
    cursors = cursors_of(path, count, seed)
    setting = await stage.set_up(model, threads)
    engine = setting.engine(clock)
    try:
        await engine.warm()
        echo = await score(ask_echo(engine), cursors, "echo")
    finally:
        await engine.close()
    async with await setting.peer() as peer:
        version = peer.version
        theirs = await score(ask_peer(peer), cursors, "peer")
    return report.Report(
        bench="infill",
        when=report.when(clock.wall_ms()),
        machine=report.machine(),
        model=model,
        values={
            "mid_line_em_gain": gain(echo["mid_line"], theirs["mid_line"]),
            "line_em_gain": gain(echo["line"], theirs["line"]),
        },
        detail={
            **setting.detail,
            "peer_version": version,
            "problems": path.name,
            "seed": seed,
            "echo": {kind: echo[kind].detail for kind in KINDS},
            "peer": {kind: theirs[kind].detail for kind in KINDS},
            "outcomes": {kind: outcomes(echo[kind], theirs[kind]) for kind in KINDS},
        },
    )


def main() -> None:
    """The command line."""
    chosen = problems.parser(__doc__.split("\n")[0], PROBLEMS).parse_args()
    stage.run(measure(chosen.model, chosen.path, chosen.problems, chosen.seed, chosen.threads))


if __name__ == "__main__":
    main()
