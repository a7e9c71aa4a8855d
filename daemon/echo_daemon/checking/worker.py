"""The process that runs the checks: a question on standard input, its answer on standard output.

Left out: the checks (`judges`), the daemon's end (`client`).

Rules
 - It runs when nobody else wants the processor.
 - It ends when its input does, so that it outlives no daemon.
 - Whatever it prints elsewhere may quote source text: nobody reads its standard error.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import BinaryIO, Final

from echo_core.errors import WireError
from echo_daemon.checking import protocol as p
from echo_daemon.checking.judges import Judges

NICE: Final = 19  # the least


def main() -> int:
    """Answer until there is nothing more to read; 1 where it could not be understood."""
    _stand_back()
    return serve(sys.stdin.buffer, sys.stdout.buffer)


def serve(questions: BinaryIO, answers: BinaryIO) -> int:
    """Answer every question, one after the other."""
    judges = Judges()
    while line := questions.readline():
        try:
            question = p.question_of(line)
        except WireError:
            return 1
        match question:
            case p.Absent():
                answer = p.absent_line(judges.absent)
            case p.Prepare(matter):
                answer = p.more_line(more=judges.prepare(matter))
            case p.CutsOf(matter):
                answer = p.cuts_line(judges.cuts(matter))
            case p.Check(matter, cut, names):
                answer = p.found_line(judges.check(matter, cut, names))
        answers.write(answer)
        answers.flush()
    return 0


def _stand_back() -> None:
    with suppress(OSError):
        os.nice(NICE)
    if sys.platform == "linux":
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


if __name__ == "__main__":
    sys.exit(main())
