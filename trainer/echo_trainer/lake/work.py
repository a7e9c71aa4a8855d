"""What is done with each batch of rows, in a process of its own: the functions of the plans.

Left out: in which order (`plan`), what is decided of it (`echo_trainer.curation`).

Rules
 - What comes out of a batch holds no text, but for the window on its way to MinHash, which is
   never written, and for cells.
 - What a batch says does not depend on how rows were divided; of units only their union counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final, cast

import daft
import numpy as np
import pyarrow as pa
from daft import DataType, Series

from echo_core.sharing.bundle.contents import Contribution
from echo_core.sharing.bundle.fields import read
from echo_trainer.curation.contamination import Problems
from echo_trainer.curation.likeness import Relation, Window, exact_key, relation, window_of
from echo_trainer.curation.parameters import Parameters
from echo_trainer.curation.proportions import rank_of
from echo_trainer.curation.rarity import hidden, is_rare, units_of
from echo_trainer.curation.recheck import of_sample
from echo_trainer.curation.split import sketch_of
from echo_trainer.curation.tokens import Hashes, among, hash_of, numbers_of, words_of
from echo_trainer.lake.cells import Cells, Texts
from echo_trainer.lake.columns import arrays, lists, records, table

_BATCH_ROWS: Final = 1024  # 6 MB of text: enough to forget the cost of a call
_U32, _U64 = DataType.list(DataType.uint32()), DataType.list(DataType.uint64())
FACTS: Final = DataType.struct(
    {
        "rank": DataType.uint64(),
        "chars": DataType.int32(),
        "exact": DataType.uint64(),
        "target": DataType.uint64(),
        "contaminated": DataType.bool(),
        "window": DataType.string(),
        "shingles": _U32,
        "target_tokens": _U32,
        "target_units": _U64,
        "units": _U64,
        "sketch": _U64,
    }
)
CLOSED: Final = DataType.struct(
    {
        "text": DataType.binary(),
        "digest": DataType.string(),
        "hidden": DataType.int32(),
        "rejected": DataType.bool(),
    }
)
RELATIONS: Final = tuple(Relation)
_NO_UNITS: Final = np.zeros(0, np.uint64)


class Facts:
    """Reads samples: all that is decided by, and none of the text."""

    def __init__(
        self, parameters: Parameters, keys: Mapping[str, bytes], problems: Problems
    ) -> None:
        self._parameters = parameters
        self._keys = keys
        self._problems = problems
        self._cells = Cells()

    @daft.method.batch(return_dtype=FACTS, unnest=True, batch_size=_BATCH_ROWS)
    def read(  # noqa: PLR0917 - columns come one after the other
        self,
        key: Series,
        contributor: Series,
        language: Series,
        quality: Series,
        survived: Series,
        cell: Series,
    ) -> Series:
        """The facts of a batch."""
        names, people = key.to_pylist(), contributor.to_pylist()
        opened = [
            self._cells.open(closed, name, self._keys[person])
            for closed, name, person in zip(cell.to_pylist(), names, people, strict=True)
        ]
        windows = [
            window_of(one.prefix, one.target, one.suffix, self._parameters) for one in opened
        ]
        words = self._words(opened)
        units, near = self._units(people, opened, words)
        known = [
            self._problems.touch(numbers_of(said)) or self._is_known(one)
            for one, said in zip(opened, words, strict=True)
        ]
        ranks = map(rank_of, names, quality.to_pylist(), survived.to_pylist())
        exact = map(exact_key, windows, language.to_pylist())
        return records(
            rank=pa.array(list(ranks), pa.uint64()),
            chars=pa.array([len(one.target.strip()) for one in opened], pa.int32()),
            exact=pa.array(list(exact), pa.uint64()),
            target=pa.array([hash_of(one.target.tobytes().hex()) for one in windows], pa.uint64()),
            contaminated=pa.array(known, pa.bool_()),
            window=pa.array([one.text for one in windows], pa.large_string()),
            shingles=lists([one.shingles for one in windows], pa.uint32()),
            target_tokens=lists([one.target for one in windows], pa.uint32()),
            target_units=lists(near, pa.uint64()),
            units=lists(units, pa.uint64()),
            sketch=lists([sketch_of(one.prefix, one.suffix) for one in opened], pa.uint64()),
        )

    def _is_known(self, one: Texts) -> bool:
        """Whether what was proposed and not kept is of a problem that models are judged by."""
        if not one.rejected or not len(self._problems):
            return False
        return self._problems.touch(numbers_of(words_of(one.prefix + one.rejected + one.suffix)))

    def _words(self, opened: list[Texts]) -> list[list[str]]:
        """The words of each sample; none where nothing asks for them."""
        if self._parameters.contributors_min <= 1 and not len(self._problems):
            return [[] for _ in opened]
        return [words_of(one.prefix + one.target + one.suffix) for one in opened]

    def _units(
        self, people: list[str], opened: list[Texts], words: list[list[str]]
    ) -> tuple[list[Hashes], list[Hashes]]:
        """Units that a pseudonym had not said before in this batch, and those of the targets."""
        if self._parameters.contributors_min <= 1:
            return [_NO_UNITS] * len(people), [_NO_UNITS] * len(people)
        said: dict[str, set[int]] = {}
        every, near = [], []
        for person, one, said_by in zip(people, opened, words, strict=True):
            units = units_of(one.prefix, one.target, one.suffix, said_by)
            before = said.setdefault(person, set())
            every.append(np.fromiter(units.every - before, np.uint64))
            before |= units.every
            near.append(np.fromiter(sorted(units.of_target), np.uint64))
        return every, near


class Bands:
    """MinHash signatures as bands: samples with an equal one are worth comparing."""

    def __init__(self, bands: int, rows: int) -> None:
        self._bands, self._rows = bands, rows

    @daft.method.batch(return_dtype=_U64)
    def of(self, signature: Series) -> Series:
        """One number for each band; equal ones of different bands differ."""
        parts = table(signature, self._bands * self._rows).astype(np.uint64)
        parts = parts.reshape(-1, self._bands, self._rows)
        found = np.tile(np.arange(self._bands, dtype=np.uint64), (len(parts), 1))
        for row in range(self._rows):
            found = found * np.uint64(0x9E3779B97F4A7C15) + parts[:, :, row]
            found ^= found >> np.uint64(29)
        return Series.from_arrow(lists(list(found), pa.uint64()))


class Compare:
    """Counts how alike two samples really are."""

    def __init__(self, likeness_min: int) -> None:
        self._least = likeness_min

    @daft.method.batch(return_dtype=DataType.int8())
    def relations(self, one: Series, of_one: Series, other: Series, of_other: Series) -> Series:
        """For each pair its place in `RELATIONS`."""
        pairs = zip(arrays(one), arrays(of_one), arrays(other), arrays(of_other), strict=True)
        found = [
            RELATIONS.index(relation(Window(a, b), Window(c, d), self._least))
            for a, b, c, d in pairs
        ]
        return Series.from_arrow(pa.array(found, pa.int8()))


class Rare:
    """Knows what enough people wrote."""

    def __init__(self, common: Hashes) -> None:
        self._common = common  # rising

    @daft.method.batch(return_dtype=DataType.bool())
    def any(self, units: Series) -> Series:
        """Whether one of a sample's units is not common."""
        found = [not bool(among(one, self._common).all()) for one in arrays(units)]
        return Series.from_arrow(pa.array(found, pa.bool_()))


class Closing:
    """Makes the rows of a version: what is rare is hidden in the context, and the row closed."""

    def __init__(self, common: Hashes | None, keys: Mapping[str, bytes]) -> None:
        self._common = None if common is None else frozenset(common.tolist())
        self._keys = keys
        self._cells = Cells()

    @daft.method.batch(return_dtype=CLOSED, unnest=True, batch_size=_BATCH_ROWS)
    def close(self, key: Series, contributor: Series, cell: Series) -> Series:
        """Text, its digest, how much was hidden, and whether it is a preference."""
        names, people = key.to_pylist(), contributor.to_pylist()
        texts, digests, counts, refused = [], [], [], []
        for name, person, closed in zip(names, people, cell.to_pylist(), strict=True):
            one, count = self._cells.open(closed, name, self._keys[person]), 0
            if self._common is not None:
                before, behind, count = hidden(
                    one.prefix, one.target, one.suffix, self._common.intersection
                )
                rare = one.rejected and is_rare(
                    one.prefix, one.rejected, one.suffix, self._common.intersection
                )
                one = Texts(before, one.target, behind, "" if rare else one.rejected)
            texts.append(self._cells.close(one, name, self._keys[person]))
            digests.append(digest_of_texts(one))
            counts.append(count)
            refused.append(bool(one.rejected))
        return records(
            text=pa.array(texts, pa.large_binary()),
            digest=pa.array(digests, pa.large_string()),
            hidden=pa.array(counts, pa.int32()),
            rejected=pa.array(refused, pa.bool_()),
        )


class Again:
    """Looks again at samples that were opened."""

    @daft.method.batch(return_dtype=DataType.string(), batch_size=64)
    def look(self, content: Series) -> Series:
        """Why each of them, in its written form, may not be used; empty where it may."""
        found = [of_sample(read(Contribution, one)) or "" for one in content.to_pylist()]
        return Series.from_arrow(pa.array([str(one) for one in found], pa.large_string()))


def digest_of_texts(texts: Texts) -> str:
    """What a version's rows are compared by."""
    whole = sha256()
    for part in (texts.prefix, texts.target, texts.suffix, texts.rejected):
        content = part.encode("utf-8", "surrogatepass")
        whole.update(len(content).to_bytes(8, "big") + content)
    return whole.hexdigest()


def spread(cls: type, workers: int) -> Callable[..., Any]:
    """A class of functions in so many processes; in this one where one is enough.

    Called with columns, its methods give expressions of a plan.
    """
    made = daft.cls(cls, use_process=workers > 1, max_concurrency=workers)
    return cast(Callable[..., Any], made)
