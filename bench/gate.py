"""How many samples a minute the gate judges, and in how much memory, beside llama.cpp's own server.

`python -m bench.gate [--path FILE] [--problems N] [--model NAME] [--seed N]`

Problems of HumanEval-Infilling stand for held-out samples. Echo answers each as it serves, weighs
what was kept, and compares; the peer is asked for the same completions one by one, as an evaluation
over HTTP does it, and its answers are compared alike. The peer cannot weigh a target.

Left out: what the figures of the gate mean (docs/gate.md), and how good the answers are.

Rules
 - Both write as many tokens at most, the likeliest, from the same weights with the same threads,
   and neither is cut off by time.
 - Time is that of the whole loop, figures and their file included.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import psutil

from bench import llama_vscode, problems, report, stage
from bench.peer import Peer
from echo_core import limits
from echo_core.text.document import Text
from echo_engine.client import EngineClient
from echo_runtime.clock import SystemClock
from echo_trainer.curation.split import Part
from echo_trainer.gate.asking import propose
from echo_trainer.gate.choosing import Question
from echo_trainer.gate.judging import Judging, Side
from echo_trainer.gate.ledger import Ledger
from echo_trainer.gate.problems import Cursor, cursors_of
from echo_trainer.gate.written import Sample, compared
from echo_trainer.lake.cells import Texts

PROBLEMS = 24
_MINUTE_MS = 60_000.0
_MB = 1e6


def question(name: str, cursor: Cursor) -> Question:
    """A cursor as a held-out sample."""
    texts = Texts(cursor.text[: cursor.offset], cursor.target, cursor.text[cursor.offset :])
    return Question(Sample(name, Part.LATER, "python", void=False), texts)


async def judging(engine: EngineClient, clock: SystemClock, asked: Sequence[Question]) -> float:
    """Samples a minute that are answered, weighed and compared."""
    with tempfile.TemporaryDirectory(prefix="echo-bench-") as folder:
        side = Side(engine, "base")
        ledger = Ledger(Path(folder) / "answers.jsonl", "bench")
        judge = Judging(side, side, ledger, clock.steady_ms, stage.say)
        began_ms = clock.steady_ms()
        await judge.judged(asked)
        return len(asked) * _MINUTE_MS / (clock.steady_ms() - began_ms)


async def answering(engine: EngineClient, clock: SystemClock, asked: Sequence[Question]) -> float:
    """Samples a minute that are answered and compared, without being weighed."""
    began_ms = clock.steady_ms()
    for one in asked:
        text, offset = one.texts.prefix + one.texts.suffix, len(one.texts.prefix)
        said = await propose(engine, text, offset, clock.steady_ms)
        compared(said.by_hand, said.shown, one.texts.target, one.sample.language)
    return len(asked) * _MINUTE_MS / (clock.steady_ms() - began_ms)


async def of_peer(peer: Peer, clock: SystemClock, asked: Sequence[Question]) -> float:
    """The same of the peer."""
    began_ms = clock.steady_ms()
    for number, one in enumerate(asked, start=1):
        text = Text(one.texts.prefix + one.texts.suffix)
        place = llama_vscode.question(text, len(one.texts.prefix))
        body = llama_vscode.body(place, greedy=True)
        body = {name: value for name, value in body.items() if not name.startswith("t_max")}
        body["n_predict"] = limits.COMPLETION_TOKENS_MAX
        said = await peer.infill(body)
        written = str(said.get("content", ""))
        compared(written, written, one.texts.target, one.sample.language)
        if number % 10 == 0:
            stage.say(f"peer: {number} of {len(asked)}")
    return len(asked) * _MINUTE_MS / (clock.steady_ms() - began_ms)


def memory_mb(pid: int) -> float:
    """What a process holds now."""
    return float(psutil.Process(pid).memory_info().rss) / _MB


async def measure(model: str, path: Path, count: int, seed: int, threads: int) -> report.Report:
    """Ask both, one after the other."""
    clock = SystemClock()
    cursors = cursors_of(path, count, seed)["mid_line"]
    asked = [question(name, cursor) for name, cursor in cursors]
    setting = await stage.set_up(model, threads)
    engine = setting.engine(clock)
    try:
        await engine.warm()
        judged = await judging(engine, clock, asked)
        answered = await answering(engine, clock, asked)
        ours_mb = memory_mb(engine.pid)
    finally:
        await engine.close()
    async with await setting.peer() as peer:
        version = peer.version
        theirs = await of_peer(peer, clock, asked)
        theirs_mb = memory_mb(peer.pid)
    return report.Report(
        bench="gate",
        when=report.when(clock.wall_ms()),
        machine=report.machine(),
        model=model,
        values={
            "judged_ratio": report.ratio(judged, theirs),
            "answered_ratio": report.ratio(answered, theirs),
        },
        detail={
            **setting.detail,
            "peer_version": version,
            "problems": path.name,
            "seed": seed,
            "samples": len(asked),
            "per_minute": {"judged": judged, "answered": answered, "peer": theirs},
            "memory_mb": {
                "worker": ours_mb,
                "gate": memory_mb(psutil.Process().pid),
                "peer": theirs_mb,
            },
        },
    )


def main() -> None:
    """The command line."""
    chosen = problems.parser(__doc__.split("\n")[0], PROBLEMS).parse_args()
    stage.run(measure(chosen.model, chosen.path, chosen.problems, chosen.seed, chosen.threads))


if __name__ == "__main__":
    main()
