"""Several proposals for one place: who asks by hand may choose among up to three.

The first is what the model writes by itself. Each further one must begin with another word than
those before it; from there on the model writes as it likes. So they differ where a person looks
first, and the one whose beginning is likelier comes first.

Left out: tokens (`echo_engine.openings`), who writes and for how long
(`echo_daemon.completion.others`), what becomes of them (`echo_core.completion.offers`).

Rules
 - White space makes no difference between two candidates, nor does a longer end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

CANDIDATES_MAX: Final = 3  # what a person compares at a glance; editors show them one by one
# All further ones together, behind the first. LSP has one answer, so the first waits for them: a
# second is about what people wait for something that they asked for without losing the thread
# (Nielsen, Usability Engineering, 1993, ch. 5), and two short lines of the 0.5B on two cores.
OTHERS_MS_MAX: Final = 1000
# A beginning that may turn out to be the first candidate's again, or nothing that may be shown,
# is tried past; but only so often.
OTHERS_TRIED_MAX: Final = 4
# Nats: one in twenty. Of 82 HumanEval-Infilling lines (0.5B) the first candidate was the true one
# in 51, a further one in 1 of the other 31, with -1.4. What is below is not worth a person's look.
OPENING_LOGPROB_MIN: Final = -3.0

LINE_END: Final = "\n"  # as an opening: the text must not begin with a line end

# White space is what bytes call so, for who looks at a text byte by byte.
_OPENING: Final = re.compile(r"[ \t\n\r\f\v]*(\w+|[^\w \t\n\r\f\v]+)")


def opening(text: str) -> str:
    """How `text` begins: its first word, or the signs before it; "" where it is blank."""
    found = _OPENING.match(text)
    return found.group(1) if found else ""


def distinct(text: str, others: Iterable[str]) -> bool:
    """Whether `text` says something else than each of `others`, and not only more or less of it."""
    bare = _bare(text)
    bares = [_bare(other) for other in others]
    return not any(bare.startswith(one) or one.startswith(bare) for one in bares)


def _bare(text: str) -> str:
    return "".join(text.split())
