"""The tables of the outbox, as step 6 of the schema made them; released, so never changed.

Left out: what stands in them (`echo_core.sharing.outbox`), the other steps (`migrations`).
"""

from __future__ import annotations

from typing import Final

OUTBOX_SCHEMA: Final = (
    # A parcel first: items name theirs.
    """
    CREATE TABLE parcels (
        id TEXT PRIMARY KEY,         -- SHA-256 of the envelope
        kind TEXT NOT NULL,
        week TEXT NOT NULL,
        digest TEXT NOT NULL,        -- SHA-256 of what is inside
        samples INTEGER NOT NULL,
        size INTEGER NOT NULL,       -- bytes of the envelope
        made_ms INTEGER NOT NULL,
        due_ms INTEGER NOT NULL,
        intake TEXT NOT NULL,
        envelope BLOB,               -- NULL once it was sent or given up
        zstd BLOB,                   -- what is inside; as long as the envelope
        attempts INTEGER NOT NULL,
        state TEXT NOT NULL,
        cause TEXT NOT NULL,
        receipt BLOB,
        ended_ms INTEGER,
        retired INTEGER NOT NULL     -- its pseudonym is gone, and its deletion was asked for
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE outbox (
        request TEXT PRIMARY KEY,
        doc TEXT NOT NULL,
        language TEXT NOT NULL,
        added_ms INTEGER NOT NULL,
        due_ms INTEGER NOT NULL,
        state TEXT NOT NULL,
        cause TEXT NOT NULL,
        parcel TEXT,                 -- of `parcels`, once it was sealed
        zstd BLOB                    -- what would be sent; NULL once it was sent or dropped
    ) STRICT
    """,
    "CREATE INDEX outbox_states ON outbox (state, due_ms)",
    "CREATE INDEX outbox_parcels ON outbox (parcel) WHERE parcel IS NOT NULL",
    """
    CREATE TABLE wishes (
        id TEXT PRIMARY KEY,         -- SHA-256 of the wish
        kind TEXT NOT NULL,
        week TEXT NOT NULL,
        asked_ms INTEGER NOT NULL,
        due_ms INTEGER NOT NULL,
        intake TEXT NOT NULL,
        content BLOB NOT NULL,       -- signed; no source text
        attempts INTEGER NOT NULL,
        cause TEXT NOT NULL,
        receipt BLOB,
        done_ms INTEGER
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE TABLE sharing (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID",
    # What is forgotten leaves the outbox; a sample that became another one waits anew.
    """
    CREATE TRIGGER outbox_follows_samples AFTER DELETE ON samples
    BEGIN DELETE FROM outbox WHERE request = old.request; END
    """,
    """
    CREATE TRIGGER outbox_of_samples_as_they_were AFTER UPDATE ON samples
    BEGIN
        DELETE FROM outbox WHERE request = old.request AND state IN ('waiting', 'sealed');
    END
    """,
    # A parcel that was not sent goes with any sample in it; the others wait to be sealed again.
    """
    CREATE TRIGGER parcels_follow_outbox AFTER DELETE ON outbox WHEN old.state = 'sealed'
    BEGIN
        UPDATE outbox SET parcel = NULL, state = 'waiting'
            WHERE parcel = old.parcel AND state = 'sealed';
        UPDATE parcels SET envelope = NULL, zstd = NULL, state = 'refused', cause = 'taken apart'
            WHERE id = old.parcel;
    END
    """,
)
