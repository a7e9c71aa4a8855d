"""The tables. A change here needs a migration; a test compares the two.

bundles     an envelope that was accepted: where it is on its way
receipts    what was confirmed, so that asking again gives the same bytes
deletions   signed wishes, and whether all of theirs is gone
tombstones  pseudonyms of which nothing is taken any more
loose       objects that must go, unless their upload is still under way
tokens      by their digest: who may contribute
rates       how much each pseudonym sent on a day
counters    what clients that send metrics counted in a week
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

METADATA: Final = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"}
)
_DIGEST: Final = String(64)
_DAY: Final = String(10)
_WEEK: Final = String(8)
_WORD: Final = String(32)
_NAME: Final = String(64)  # of a model, a release, or a side of an experiment
# SQLite counts up by itself only in a column that it calls INTEGER.
_COUNTED: Final = BigInteger().with_variant(Integer, "sqlite")


class BundleState(StrEnum):
    """Where an accepted envelope is on its way."""

    RECEIVED = "received"
    TAKEN = "taken"  # curation has begun to open it: from now on there may be samples of it
    CURATED = "curated"
    REFUSED = "refused"  # by curation: it did not open, or nothing of it may be used


class DeletionState(StrEnum):
    """What became of a wish."""

    OPEN = "open"  # curation has still to delete what it made of the envelopes
    DONE = "done"


bundles: Final = Table(
    "bundles",
    METADATA,
    Column("number", _COUNTED, primary_key=True, autoincrement=True),
    Column("digest", _DIGEST, nullable=False),
    Column("kind", _WORD, nullable=False),
    Column("contributor", _DIGEST, nullable=False),
    Column("week", _WEEK, nullable=False),
    Column("key_id", _WORD, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("day", _DAY, nullable=False),
    Column("state", _WORD, nullable=False),
    Column("cause", _WORD, nullable=False),  # of a refusal by curation
    # Since when its envelope is kept for nothing but a lost lake; empty: it waits, or it is gone.
    Column("spare_since", _DAY, nullable=False, server_default=""),
    Index("ix_bundles_digest", "digest", unique=True),
    Index("ix_bundles_contributor", "contributor"),
    Index("ix_bundles_state_number", "state", "number"),
    Index("ix_bundles_spare_since", "spare_since"),
)
receipts: Final = Table(
    "receipts",
    METADATA,
    Column("of", _DIGEST, primary_key=True),
    Column("said", _WORD, nullable=False),
    Column("day", _DAY, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
deletions: Final = Table(
    "deletions",
    METADATA,
    Column("id", _DIGEST, primary_key=True),
    Column("contributor", _DIGEST, nullable=False),
    Column("kind", _WORD, nullable=False),
    Column("week", _WEEK, nullable=False),
    Column("day", _DAY, nullable=False),
    Column("bundles", Integer, nullable=False),  # how many envelopes went
    Column("state", _WORD, nullable=False),
    Column("content", LargeBinary, nullable=False),  # the wish itself, so that it can be shown
    Index("ix_deletions_state", "state"),
)
tombstones: Final = Table(
    "tombstones",
    METADATA,
    Column("contributor", _DIGEST, primary_key=True),
    Column("day", _DAY, nullable=False),
)
loose: Final = Table(
    "loose",
    METADATA,
    Column("digest", _DIGEST, primary_key=True),
    Column("since_ms", BigInteger, nullable=False),
)
tokens: Final = Table(
    "tokens",
    METADATA,
    Column("id", _WORD, primary_key=True),
    Column("label", String(64), nullable=False),
    Column("digest", _DIGEST, nullable=False),
    Column("made", _DAY, nullable=False),
    Column("expires", _DAY, nullable=False),  # empty: never
    Column("revoked", _DAY, nullable=False),  # empty: it holds
    Index("ix_tokens_digest", "digest", unique=True),
)
rates: Final = Table(
    "rates",
    METADATA,
    Column("contributor", _DIGEST, primary_key=True),
    Column("day", _DAY, primary_key=True),
    Column("bundles", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)
counters: Final = Table(
    "counters",
    METADATA,
    Column("contributor", _DIGEST, primary_key=True),
    Column("week", _WEEK, primary_key=True),
    Column("language", _WORD, primary_key=True),
    Column("model", _NAME, primary_key=True),
    Column("arm", _NAME, primary_key=True),
    Column("shown", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("accepted_chars", Integer, nullable=False),
    Column("kept_chars", Integer, nullable=False),
    Column("typed_chars", Integer, nullable=False),
    Column("latency", String(128), nullable=False),  # counts of each bin, ten digits and a space
    Index("ix_counters_arm", "arm"),
)
