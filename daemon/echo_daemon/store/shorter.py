"""The steps of the schema that made reading a long log short, and its rows small.

Left out: their order, and how they are applied (`migrations`, whose rules hold here).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database


def m003_checkpoints(db: Database) -> None:
    """Open documents of a session (`echo_core.experience.checkpoints`), texts as deltas."""
    db.execute("ALTER TABLE snapshots ADD COLUMN base BLOB REFERENCES snapshots (digest)")
    db.execute(
        """
        CREATE TABLE checkpoints (
            session INTEGER NOT NULL REFERENCES sessions (id),
            seq INTEGER NOT NULL,        -- of the event whose effect is in it; of this session
            doc INTEGER NOT NULL REFERENCES documents (id),
            at_ms INTEGER NOT NULL,      -- of that event
            quiet INTEGER NOT NULL,      -- no gap was alive
            body BLOB NOT NULL,          -- echo_core.codec, as of an `open`
            snapshot BLOB NOT NULL REFERENCES snapshots (digest),
            PRIMARY KEY (session, seq, doc)
        ) STRICT, WITHOUT ROWID
        """
    )


def m006_breaks(db: Database) -> None:
    """A row for gaps that ended together instead of one a gap (`echo_daemon.store.gaps`)."""
    db.execute("ALTER TABLE sessions ADD COLUMN gaps_live INTEGER NOT NULL DEFAULT 0")
    db.execute(
        "UPDATE sessions SET gaps_live ="
        " (SELECT count(*) FROM gaps WHERE session = sessions.id AND broken_ms IS NULL)"
    )
    db.execute(
        """
        CREATE TABLE breaks (
            id INTEGER PRIMARY KEY,
            session INTEGER NOT NULL REFERENCES sessions (id),
            doc INTEGER NOT NULL REFERENCES documents (id),
            broken_ms INTEGER NOT NULL,
            reason INTEGER NOT NULL REFERENCES reasons (id),
            gaps INTEGER NOT NULL,       -- how many
            requests BLOB NOT NULL       -- which: echo_daemon.store.gaps
        ) STRICT
        """
    )
    db.execute("CREATE TABLE reasons (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT")
    names = (
        "prefix_edited", "suffix_edited", "left", "switched", "closed",
        "settled", "expired", "replaced", "imported",
    )  # fmt: skip
    for number, name in enumerate(names):
        db.execute("INSERT INTO reasons VALUES (?, ?)", (number, name))
    db.execute(
        "INSERT INTO breaks (session, doc, broken_ms, reason, gaps, requests)"
        " SELECT g.session, g.doc, g.broken_ms, r.id, count(*),"
        # a name stands for itself behind an empty first element
        "  CAST('[\"\",' || substr(json_group_array(g.request), 2) AS BLOB)"
        " FROM gaps AS g JOIN reasons AS r ON r.name = g.reason WHERE g.broken_ms IS NOT NULL"
        " GROUP BY 1, 2, 3, 4 ORDER BY g.broken_ms"
    )
    db.execute("DROP TABLE gaps")
    db.execute(_GAPS_THAT_ENDED)


_GAPS_THAT_ENDED: Final = """
    CREATE VIEW gaps AS
    WITH RECURSIVE found (row, prefix, number, more, name) AS (
        SELECT b.id, b.requests ->> 0, j.value ->> 0, j.value ->> 1, NULL
        FROM (SELECT id, CAST(requests AS TEXT) AS requests FROM breaks) AS b,
            json_each(b.requests) AS j
        WHERE j.type = 'array'
        UNION ALL
        SELECT b.id, NULL, NULL, 1, j.value
        FROM (SELECT id, CAST(requests AS TEXT) AS requests FROM breaks) AS b,
            json_each(b.requests) AS j
        WHERE j.type = 'text' AND j.key > 0
        UNION ALL
        SELECT row, prefix, number + 1, more - 1, NULL FROM found WHERE more > 1
    )
    SELECT coalesce(f.name, f.prefix || f.number) AS request, b.session, b.doc, b.broken_ms,
        r.name AS reason
    FROM found AS f JOIN breaks AS b ON b.id = f.row JOIN reasons AS r ON r.id = b.reason
"""


def m007_packs(db: Database) -> None:
    """Blocks of events (`echo_daemon.store.packs`)."""
    db.execute(
        """
        CREATE TABLE packs (
            seq INTEGER PRIMARY KEY,     -- of its first event
            session INTEGER NOT NULL REFERENCES sessions (id),
            last_seq INTEGER NOT NULL,
            first_ms INTEGER NOT NULL,
            last_ms INTEGER NOT NULL,
            events INTEGER NOT NULL,     -- how many
            docs TEXT NOT NULL,          -- JSON array of the documents in it
            zstd BLOB NOT NULL
        ) STRICT
        """
    )
    db.execute("CREATE INDEX packs_of_sessions ON packs (session, last_seq)")
    db.execute("CREATE INDEX packs_last ON packs (last_seq)")


_LOOKS: Final = """
    CREATE VIEW looks AS
    SELECT s.request,
        CASE l.moment WHEN 0 THEN '15s' WHEN 1 THEN '30s' WHEN 2 THEN '2min' WHEN 3 THEN '5min'
            WHEN 4 THEN '10min' WHEN 5 THEN 'save' WHEN 6 THEN 'close' WHEN 7 THEN 'open'
            WHEN 8 THEN 'commit' END AS moment,
        l.at_ms,
        CASE l.place WHEN 0 THEN 'followed' WHEN 1 THEN 'found' WHEN 2 THEN 'lost'
            WHEN 3 THEN 'elsewhere' END AS place,
        l.confidence, s.target_chars, l.kept_chars, s.kept_chars AS accepted_chars,
        l.accepted_kept_chars, l.now_chars, l.distance, l.in_file, l.zstd
    FROM looked AS l JOIN samples AS s ON s.id = l.sample
"""


def m008_short_looks(db: Database) -> None:
    """Looks by numbers instead of names; what their sample says is not said again."""
    db.execute(
        """
        CREATE TABLE looked (
            sample INTEGER NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
            moment INTEGER NOT NULL,     -- the order of `echo_core.looks.Moment`
            at_ms INTEGER NOT NULL,
            place INTEGER NOT NULL,      -- the order of `echo_core.looks.Place`
            confidence REAL NOT NULL,
            kept_chars INTEGER NOT NULL,
            accepted_kept_chars INTEGER NOT NULL,
            now_chars INTEGER NOT NULL,
            distance INTEGER NOT NULL,
            in_file INTEGER NOT NULL,
            zstd BLOB,                   -- what a commit holds instead of the sample's target
            PRIMARY KEY (sample, moment)
        ) STRICT, WITHOUT ROWID
        """
    )
    db.execute("ALTER TABLE looks RENAME TO looks_before")
    db.execute(_LOOKS)
    db.execute(
        "INSERT INTO looked SELECT s.id,"
        " (instr('15s   30s   2min  5min  10min save  close open  commit', l.moment) - 1) / 6,"
        " l.at_ms, (instr('followed  found     lost      elsewhere', l.place) - 1) / 10,"
        " l.confidence,"
        " l.kept_chars, l.accepted_kept_chars, l.now_chars, l.distance, l.in_file, l.zstd"
        " FROM looks_before AS l JOIN samples AS s ON s.request = l.request"
    )
    db.execute("DROP TRIGGER looks_follow_samples")
    db.execute("DROP TABLE looks_before")
    # A look without its sample says nothing; foreign keys are off while much is removed.
    db.execute(
        "CREATE TRIGGER looks_follow_samples AFTER DELETE ON samples"
        " BEGIN DELETE FROM looked WHERE sample = old.id; END"
    )
