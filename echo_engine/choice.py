"""The next token, chosen from a model's numbers: the likeliest that may come.

Left out: evaluating (`session`), what may come while healing and at the beginning of a further
candidate (`heal`, `openings`).

Rules
 - A log-probability is that of the token among those that were allowed: while healing, what the
   user has typed is given and costs nothing. What a further candidate avoids still counts as
   allowed, so that it shows how much less likely the candidate is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from echo_core.errors import EngineError
from echo_engine.heal import ByteTable, Healing, Ids
from echo_engine.openings import Openings

Logits = NDArray[np.float32]  # (vocabulary,)


def choose(
    logits: Logits, table: ByteTable, healing: Healing, openings: Openings
) -> tuple[int | None, float]:
    """The likeliest allowed token and its log-probability; None: none is allowed.

    Raises:
        EngineError: the model's numbers are not numbers.
    """
    among, ids = logits, None
    if not healing.done:
        ids = healing.allowed()
        if not ids.size:
            return None, 0.0
        among = logits[ids]
    likeliest = int(np.argmax(among))
    chosen: int | None = likeliest
    if openings.pending:
        chosen = _other(among, ids, table, healing, openings)
    if chosen is None:
        return None, 0.0
    token = chosen if ids is None else int(ids[chosen])
    return token, _logprob(among, chosen, float(among[likeliest]))


def _other(
    among: Logits, ids: Ids | None, table: ByteTable, healing: Healing, openings: Openings
) -> int | None:
    """The likeliest of `among` that does not begin as it must not; None: there is none.

    A few dozen tokens begin an opening, so that looking at the likeliest one by one is cheaper
    than finding all.
    """
    free = among.copy()
    while True:
        chosen = int(np.argmax(free))
        if not np.isfinite(free[chosen]):
            return None
        token = chosen if ids is None else int(ids[chosen])
        if table.spellings[token] and not openings.refuse(healing.writes(token)):
            return chosen
        free[chosen] = -np.inf


def _logprob(logits: Logits, chosen: int, largest: float) -> float:
    """The log of softmax at `chosen`."""
    if not np.isfinite(largest):
        raise EngineError("The model gave numbers that are not finite: try another model file.")
    rest = float(np.log(np.sum(np.exp(logits - largest), dtype=np.float64)))
    return min(0.0, float(logits[chosen]) - largest - rest)
