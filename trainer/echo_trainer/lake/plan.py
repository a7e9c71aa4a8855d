"""The passes over all rows, as Daft plans: what is too large for one process.

    facts     every sample is opened and read once; what is decided by is kept in scratch
    alike     MinHash, bands, and a comparison of each sample with the best of its bands
    common    what enough pseudonyms wrote
    written   the chosen rows of a version

Whoever shares a band with better ones is compared with the best one alone: that costs one
comparison for each sample and band, however many copies somebody sends.

Left out: what follows from it (`echo_trainer.datasets`).

Rules
 - Scratch lies in the lake, so that every machine of a cluster sees it, and holds no text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import daft
import numpy as np
import pyarrow as pa
from daft import DataFrame

from echo_trainer.curation.contamination import Problems
from echo_trainer.curation.likeness import Relation
from echo_trainer.curation.parameters import Parameters
from echo_trainer.curation.tokens import Hashes
from echo_trainer.lake import work
from echo_trainer.lake.engine import Engine
from echo_trainer.lake.places import SCRATCH, VERSIONS, Lake
from echo_trainer.lake.samples import SampleTable

_SEED: Final = 1  # of MinHash's permutations; results are compared after it in any case
SLIM: Final = (
    *("key", "contributor", "day", "language", "quality", "zone", "survived", "digest"),
    *("rank", "chars", "exact", "target", "contaminated", "sketch"),
)


def col(name: str) -> Any:
    """A column; Daft's types take comparisons with it for truth."""
    return daft.col(name)


@dataclass(frozen=True, slots=True)
class Passes:
    """The passes of one run over a lake. `run` names its scratch."""

    lake: Lake
    engine: Engine
    parameters: Parameters
    run: str

    @property
    def scratch(self) -> str:
        """Where this run's scratch lies in the lake."""
        return f"{SCRATCH}/{self.run}"

    def facts(self, keys: Mapping[str, bytes], problems: Problems) -> pa.Table:
        """Read every sample whose pseudonym has a key; the slim facts of each."""
        parameters = self.parameters
        rows = self._samples().where(col("contributor").is_in(sorted(keys)))
        reader = work.spread(work.Facts, self.engine.workers)(parameters, keys, problems)
        names = ("key", "contributor", "language", "quality", "survived", "cell")
        read = rows.select(
            *(name for name in SLIM[:8]), reader.read(*(col(name) for name in names))
        )
        signed = read.with_column(
            "signature",
            read["window"].minhash(
                num_hashes=parameters.bands * parameters.band_rows,
                ngram_size=parameters.shingle_tokens,
                seed=_SEED,
            ),
        )
        self._kept(signed.exclude("window"), "facts")
        return _read(self._scratch("facts").select(*SLIM))

    def alike(self) -> dict[int, Relation]:
        """Every sample that is like a better one, by rank, and how."""
        facts = self._scratch("facts")
        first = facts.groupby("exact").agg(col("rank").min().alias("rank"))
        once = facts.join(first.select("rank"), on="rank", how="semi")
        bands = work.spread(work.Bands, 1)(self.parameters.bands, self.parameters.band_rows)
        banded = once.select("rank", bands.of(col("signature")).alias("band")).explode("band")
        best = banded.groupby("band").agg(
            col("rank").min().alias("best"), col("rank").count().alias("size")
        )
        pairs = (
            banded.join(best.where(col("size") > 1).select("band", "best"), on="band")
            .where(col("rank") != col("best"))
            .select("rank", "best")
            .distinct()
        )
        shapes = once.select("rank", "shingles", "target_tokens", "language")
        betters = shapes.select(
            *(col(name).alias(f"{name}_of_best") for name in shapes.column_names)
        )
        both = pairs.join(shapes, on="rank").join(betters, left_on="best", right_on="rank_of_best")
        compare = work.spread(work.Compare, self.engine.workers)(self.parameters.likeness_min)
        columns = (name + end for end in ("", "_of_best") for name in ("shingles", "target_tokens"))
        found = both.where(col("language") == col("language_of_best")).select(
            "rank", compare.relations(*(col(name) for name in columns)).alias("relation")
        )
        other = work.RELATIONS.index(Relation.OTHER)
        rows = _read(found.where(col("relation") != other).distinct())
        related = sorted(zip(rows["rank"].to_pylist(), rows["relation"].to_pylist(), strict=True))
        return {rank: work.RELATIONS[at] for rank, at in reversed(related)}

    def common(self) -> Hashes:
        """The units that enough pseudonyms sent, rising."""
        said = self._scratch("facts").select(
            col("contributor").hash().alias("person"), col("units").alias("unit")
        )
        counted = (
            said.explode("unit")
            .where(col("unit").not_null())
            .distinct()
            .groupby("unit")
            .agg(col("person").count().alias("people"))
            .where(col("people") >= self.parameters.contributors_min)
        )
        found = _read(counted.select("unit"))["unit"].to_numpy()
        return np.sort(found.astype(np.uint64))

    def rare(self, common: Hashes) -> frozenset[int]:
        """The ranks of samples whose target touches what is not common."""
        judge = work.spread(work.Rare, 1)(common)
        rows = self._scratch("facts").where(judge.any(col("target_units"))).select("rank")
        return frozenset(_read(rows)["rank"].to_pylist())

    def written(
        self, chosen: pa.Table, common: Hashes | None, keys: Mapping[str, bytes], name: str
    ) -> pa.Table:
        """Write the rows of `chosen` (key, part, place) as files; what they are, without text."""
        closing = work.spread(work.Closing, self.engine.workers)(common, keys)
        rows = self._samples().select("key", "contributor", "day", "language", "quality", "cell")
        joined = rows.join(daft.from_arrow(chosen), on="key")
        made = joined.select(
            *("key", "contributor", "day", "language", "quality", "part", "place"),
            closing.close(col("key"), col("contributor"), col("cell")),
        )
        self._parquet(made, self.lake.within(VERSIONS, name))
        whole = daft.read_parquet(
            self.lake.within(VERSIONS, name, "*.parquet"), io_config=self.engine.io
        )
        return _read(whole.select("key", "part", "place", "digest", "hidden", "rejected"))

    def _samples(self) -> DataFrame:
        return daft.read_deltalake(SampleTable(self.lake).address, io_config=self.engine.io)

    def _kept(self, frame: DataFrame, name: str) -> None:
        self._parquet(frame, self.lake.within(self.scratch, name))

    def _scratch(self, name: str) -> DataFrame:
        place = self.lake.within(self.scratch, name, "*.parquet")
        return daft.read_parquet(place, io_config=self.engine.io)

    def _parquet(self, frame: DataFrame, place: str) -> None:
        frame.write_parquet(place, compression="zstd", io_config=self.engine.io)


def _read(frame: DataFrame) -> Any:
    """All rows here, as Arrow."""
    return frame.to_arrow()


def looked_at_again(samples: list[bytes], engine: Engine) -> list[str]:
    """Why each sample, in its written form, may not be used; empty where it may."""
    if not samples:
        return []
    again = work.spread(work.Again, engine.workers)()
    places, contents = pa.array(range(len(samples))), pa.array(samples, pa.large_binary())
    frame = daft.from_arrow(pa.table({"at": places, "content": contents}))
    found = _read(frame.into_batches(64).select("at", again.look(col("content")).alias("why")))
    ordered = dict(zip(found["at"].to_pylist(), found["why"].to_pylist(), strict=True))
    return [ordered[at] for at in range(len(samples))]
