"""`python -m bench.flywheel`: one turn of the flywheel, from nothing (`make flywheel`).

Left out: the stages (`stages`).

Rules
 - Standard output is for people; its last line is one JSON object, as of every benchmark.
 - The folder goes at the end; where a stage failed it stays, with its logs, and is named.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from bench.flywheel import drawing
from bench.flywheel.projects import TEAMS, Amount
from bench.flywheel.stages import Plan, Told, Turn, say
from bench.report import Report, machine, when
from echo_core.errors import EchoError
from echo_runtime.clock import SystemClock

MODEL: Final = "qwen2.5-coder-0.5b"
QUICK_MODEL: Final = "smollm2-135m"
TRAINING: Final = ("context_tokens=384", "epochs=2", "batch_samples=4")
# One turn has some tens of held-out samples: far too few to be sure of anything. The gate judges
# as always, with bounds that so few can meet; its report says all of them.
GATE: Final = ("samples_min=10", "unsure_refuses=never")


def main() -> None:
    """From the command line."""
    given = _options().parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="echo-flywheel-"))
    folder.mkdir(parents=True, exist_ok=True)
    plan = _plan(given)
    try:
        told = asyncio.run(_turned(folder, plan))
    except EchoError as error:
        sys.exit(
            f"{error}\nEverything of this turn is in {folder}: remove it when you have looked."
        )
    except (asyncio.CancelledError, KeyboardInterrupt):
        if given.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
        sys.exit("ended before the turn was over; what it had started has ended, too")
    if given.keep is None:
        shutil.rmtree(folder)
    _end(told, plan)


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="bench.flywheel", description=__doc__.split("\n")[0])
    options.add_argument("--model", default="", help=f"a model on the shelf; else {MODEL}")
    options.add_argument("--developers", type=int, default=len(TEAMS), help="how many")
    options.add_argument("--practice", type=int, default=4, help="files that each practises in")
    options.add_argument("--held-out", type=int, default=2, help="files of each for the figures")
    options.add_argument("--places", type=int, default=4, help="bodies of a file that are written")
    options.add_argument("--seed", type=int, default=1, help="of everything that is drawn")
    options.add_argument(
        "--threads", type=int, default=0, help="of each; 0: all share what is there"
    )
    options.add_argument("--keep", type=Path, help="put everything into this folder and leave it")
    options.add_argument(
        "--set", dest="sets", action="append", default=[], metavar="NAME=VALUE",
        help="a setting of [training]; may be given often",
    )  # fmt: skip
    options.add_argument(
        "--quick", action="store_true", help=f"as small as can be, with {QUICK_MODEL}: a test"
    )
    options.add_argument(
        "--despite-gate", action="store_true",
        help="where the gate refuses, see all the same how clients would have fared, only here",
    )  # fmt: skip
    return options


def _plan(given: argparse.Namespace) -> Plan:
    plan = Plan(
        model=given.model or MODEL,
        developers=given.developers,
        amount=Amount(given.practice, given.held_out, given.places),
        seed=given.seed,
        threads=given.threads,
        training=(*TRAINING, *given.sets),
        gate=GATE,
        despite_gate=given.despite_gate,
    )
    if not given.quick:
        return plan
    return replace(
        plan,
        model=given.model or QUICK_MODEL,
        developers=2,
        amount=Amount(practice=1, held_out=1, places=2),
        training=(*plan.training, "steps_max=2", "heldout_samples=4"),
        gate=("samples_min=1", *GATE[1:], "latency_samples=4", "verbatim_samples=4"),
    )


async def _turned(folder: Path, plan: Plan) -> Told:
    """The turn; a signal to end takes down what was started first."""
    turn = asyncio.ensure_future(Turn(folder, plan, SystemClock()).run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, turn.cancel)
    return await turn


def _end(told: Told, plan: Plan) -> None:
    """The table, what it means, and the last line."""
    changes = {}
    if told.after:
        say("")
        for line in drawing.table(told.before, told.after):
            say(line)
        changes = drawing.changes(told.before, told.after)
    if not told.passed:
        say("\nThe gate refused these weights" + (
            ": what stands under `after` is what it kept from people."
            if told.after
            else "; clients go on with the model as it was."
        ))  # fmt: skip
    seconds = sum(told.seconds.values())
    say(f"\n{seconds / 60:.0f} minutes in all")
    detail = {
        "changes": drawing.as_json(changes),
        "gate": {"passed": told.passed, "reasons": told.reasons},
        "counts": told.counts,
        "training": told.figures,
        "seconds": told.seconds,
        "developers": plan.developers,
        "of_each": asdict(plan.amount),
        "seed": plan.seed,
        "by_file": drawing.by_file(told.files, told.before, told.after),
    }
    clock = SystemClock()
    print(Report("flywheel", when(clock.wall_ms()), machine(), plan.model, {}, detail).as_line())


if __name__ == "__main__":
    main()
