"""Examples as the tensors that a model computes, and only what is learned through its largest part.

The product with the whole vocabulary is a quarter of a small model's work, and TRL's makes it for
every token on a processor (on a GPU for those that are learned). Of a sample a few tokens are
learned: so the backbone's numbers are narrowed to them before the product is made.

Left out: which examples, in which order (`order`), learning (`fitting`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import datasets
import numpy as np
import pyarrow as pa
import torch
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from echo_trainer.lake.columns import lists
from echo_trainer.training.gathering import UNLEARNED, Packed
from echo_trainer.training.order import EMPTY, Places

_KEPT: Final = "kept"


def table_of(examples: Sequence[Packed], places: Places, filler: int) -> datasets.Dataset:
    """The examples in these places as TRL reads them; in memory, never in a cache on disk."""
    held = [*examples, nothing(filler)]
    columns = {
        "input_ids": lists([each.tokens for each in held], pa.int32()),
        "labels": lists([each.labels for each in held], pa.int32()),
    }
    table = datasets.Dataset(datasets.table.InMemoryTable(pa.table(columns)))
    at = np.where(places == EMPTY, len(examples), places).reshape(-1)
    return table.select(at, keep_in_memory=True)


def nothing(filler: int) -> Packed:
    """An example of which nothing is learned: the shortest that has a next token."""
    return Packed(np.full(2, filler, np.int32), np.full(2, UNLEARNED, np.int32))


class Collator:
    """Rows of a table as one batch, with the places of the tokens before those that are learned."""

    def __init__(self, filler: int) -> None:
        self._padded = DataCollatorForLanguageModeling(pad_token_id=filler)

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """As TRL makes it, `shift_labels` (of the kept places) and the places: [rows, kept]."""
        made: dict[str, Any] = self._padded(rows)
        following = made["labels"][:, 1:]
        learned = following != UNLEARNED
        most = max(1, int(learned.sum(1).max()))
        # Those that are learned first, in their order; what a row has too little of is not learned.
        kept = (~learned).to(torch.int8).argsort(dim=1, stable=True)[:, :most]
        return made | {"shift_labels": following.gather(1, kept), _KEPT: kept}


def narrow(model: Any) -> None:
    """Have a model of transformers compute what follows its backbone in kept places only, where
    a batch names them.
    """
    places: list[torch.Tensor] = []

    def before(_backbone: Any, arguments: Any, named: dict[str, Any]) -> Any:
        places[:] = [named.pop(_KEPT)] if _KEPT in named else []
        return arguments, named

    def behind(_backbone: Any, _arguments: Any, found: Any) -> Any:
        if not places:
            return found
        states = found.last_hidden_state
        at = places.pop().unsqueeze(-1).expand(-1, -1, states.size(-1))
        found.last_hidden_state = states.gather(1, at)
        return found

    model.base_model.register_forward_pre_hook(before, with_kwargs=True)
    model.base_model.register_forward_hook(behind)
