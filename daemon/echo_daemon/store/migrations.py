"""The schema, as an append-only list of steps; each runs in one transaction with its own record.

Left out: how connections are made (`database`).

Rules
 - A step that was released is never changed: append another one.
 - A store that holds a step unknown to this list was written by a newer Echo, and is refused.
 - Text from outside may hold lone surrogates, which cannot be bound as text: it is bound as bytes
   and cast (`texts.utf8`), and read leniently (`database`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from echo_core.errors import StoreError
from echo_daemon.store.database import Connection, durable_transaction, toolbox, translated
from echo_daemon.store.outbox_schema import OUTBOX_SCHEMA
from echo_daemon.store.shorter import (
    m003_checkpoints,
    m006_breaks,
    m007_packs,
    m008_short_looks,
)
from echo_daemon.store.views import make_views

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlite_utils import Database

Step: TypeAlias = "Callable[[Database], None]"

_NEWER: Final = "The store was written by a newer version of Echo: update Echo to open it."


def migrate(connection: Connection, now_ms: int, steps: Sequence[Step] | None = None) -> list[str]:
    """Bring the store up to date; the names of the steps that were applied.

    The connection then has its views (`views`).

    Raises:
        StoreError: the store is of a newer version (it is unchanged), or a step failed (the
            steps before it are kept, nothing of it is).
    """
    wanted = STEPS if steps is None else steps
    with translated():
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations"
            " (name TEXT PRIMARY KEY, applied_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID"
        )
        done = _refuse_newer(connection, wanted)
        applied: list[str] = []
        for step in wanted:
            if step.__name__ in done:
                continue
            with durable_transaction(connection):
                step(toolbox(connection))
                connection.execute("INSERT INTO migrations VALUES (?, ?)", (step.__name__, now_ms))
            applied.append(step.__name__)
        if steps is None:
            make_views(connection)
    return applied


def check_version(connection: Connection) -> None:
    """Refuse to read a store that is newer than this program, or was never made up to date.

    Raises:
        StoreError: with a sentence.
    """
    with translated():
        tables = connection.execute(
            "SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'"
        ).fetchone()
        done = _refuse_newer(connection, STEPS) if tables and tables[0] else set()
    if any(step.__name__ not in done for step in STEPS):
        raise StoreError("The store is of an older version: start Echo's daemon once to update it.")


def _refuse_newer(connection: Connection, steps: Sequence[Step]) -> set[str]:
    done = {str(row[0]) for row in connection.execute("SELECT name FROM migrations")}
    if done - {step.__name__ for step in steps}:
        raise StoreError(_NEWER)
    return done


def m001_events_and_samples(db: Database) -> None:
    """Sessions, documents, snapshots, the event log, gaps, samples, and views for people.

    Bytes matter: a keystroke is one row of `events`, without an index. The kind is a number (0
    and 1 take no byte in SQLite's record format, so the two commonest kinds have them); session
    and document are small row numbers. The log is read in order or not at all, so `seq` is key
    enough; `sessions.first_seq` says where to start.
    """
    for statement in _M001:
        db.execute(statement)
    kinds = (
        "edit", "cursor", "request", "proposal", "outcome",
        "open", "focus", "save", "close", "head",
    )  # fmt: skip
    for number, name in enumerate(kinds):
        db.execute("INSERT INTO kinds VALUES (?, ?)", (number, name))


_M001: Final = (
    "CREATE TABLE kinds (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
    """
    CREATE TABLE sessions (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,   -- as the front knows it
        started_ms INTEGER NOT NULL,
        client TEXT NOT NULL,
        roots TEXT NOT NULL,         -- JSON array of URIs
        first_seq INTEGER NOT NULL,  -- no event of the session is before it
        last_ms INTEGER NOT NULL,
        events INTEGER NOT NULL      -- how many, so that nobody must count the log
    ) STRICT
    """,
    """
    CREATE TABLE documents (
        id INTEGER PRIMARY KEY,
        uri TEXT NOT NULL UNIQUE,
        language TEXT NOT NULL       -- as last opened
    ) STRICT
    """,
    """
    CREATE TABLE snapshots (
        digest BLOB PRIMARY KEY,     -- BLAKE2b-256 of the text in UTF-8
        chars INTEGER NOT NULL,
        zstd BLOB NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE events (
        seq INTEGER PRIMARY KEY,
        session INTEGER NOT NULL REFERENCES sessions (id),
        at_ms INTEGER NOT NULL,
        kind INTEGER NOT NULL REFERENCES kinds (id),
        doc INTEGER REFERENCES documents (id),
        body BLOB NOT NULL,          -- echo_core.codec
        snapshot BLOB REFERENCES snapshots (digest)
    ) STRICT
    """,
    """
    CREATE TABLE gaps (
        request TEXT PRIMARY KEY,
        session INTEGER NOT NULL REFERENCES sessions (id),
        doc INTEGER NOT NULL REFERENCES documents (id),
        opened_ms INTEGER NOT NULL,
        broken_ms INTEGER,
        reason TEXT,
        state TEXT GENERATED ALWAYS AS (iif(broken_ms IS NULL, 'live', 'broken')) VIRTUAL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX gaps_live ON gaps (session) WHERE broken_ms IS NULL",
    """
    CREATE TABLE samples (
        id INTEGER PRIMARY KEY,
        request TEXT NOT NULL UNIQUE,
        doc INTEGER NOT NULL REFERENCES documents (id),
        language TEXT NOT NULL,
        model TEXT NOT NULL,
        proposal TEXT NOT NULL,      -- its id
        reason TEXT NOT NULL,
        opened_ms INTEGER NOT NULL,
        broken_ms INTEGER NOT NULL,
        accepted_chars INTEGER NOT NULL,
        kept_chars INTEGER NOT NULL, -- of this very proposal; may be summed
        proposed_chars INTEGER NOT NULL,
        target_chars INTEGER NOT NULL,
        target_lines INTEGER NOT NULL,
        base BLOB REFERENCES snapshots (digest),  -- the dictionary of `zstd`
        zstd BLOB NOT NULL           -- echo_daemon.store.texts
    ) STRICT
    """,
    """
    CREATE VIEW edits AS
    SELECT e.seq, e.session, e.at_ms, d.uri AS doc,
        e.body ->> 0 AS version,
        CASE e.body ->> 1 WHEN 0 THEN 'typed' WHEN 1 THEN 'accepted' WHEN 2 THEN 'pasted'
            WHEN 3 THEN 'automatic' WHEN 4 THEN 'external' END AS origin,
        e.body ->> (j.key - 2) AS start,
        e.body ->> (j.key - 1) AS deleted,
        j.value AS inserted
    FROM (SELECT seq, session, at_ms, doc, CAST(body AS TEXT) AS body
          FROM events WHERE kind = 0) AS e
    JOIN documents AS d ON d.id = e.doc
    JOIN json_each(e.body) AS j
    WHERE j.key >= 4 AND j.key % 3 = 1
    """,
    """
    CREATE VIEW requests AS
    SELECT e.seq, e.session, e.at_ms, d.uri AS doc,
        e.body ->> 0 AS request, e.body ->> 1 AS version, e.body ->> 2 AS "offset",
        CASE e.body ->> 3 WHEN 0 THEN 'automatic' WHEN 1 THEN 'invoked' END AS "trigger"
    FROM (SELECT seq, session, at_ms, doc, CAST(body AS TEXT) AS body
          FROM events WHERE kind = 2) AS e
    JOIN documents AS d ON d.id = e.doc
    """,
    """
    CREATE VIEW proposals AS
    SELECT seq, session, at_ms,
        body ->> 0 AS request, body ->> 1 AS proposal, body ->> 2 AS text, body ->> 3 AS model,
        body ->> 4 AS logprob_mean, body ->> 5 AS latency_ms, body ->> 6 AS tokens_prompt,
        body ->> 7 AS tokens_evaluated, body ->> 8 AS tokens_written, body ->> 9 AS reason
    FROM (SELECT seq, session, at_ms, CAST(body AS TEXT) AS body FROM events WHERE kind = 3)
    """,
    """
    CREATE VIEW outcomes AS
    SELECT seq, session, at_ms, body ->> 0 AS proposal,
        CASE body ->> 1 WHEN 0 THEN 'shown' WHEN 1 THEN 'accepted' WHEN 2 THEN 'partial'
            WHEN 3 THEN 'typed_through' WHEN 4 THEN 'dismissed' WHEN 5 THEN 'replaced'
            END AS outcome,
        body ->> 2 AS chars
    FROM (SELECT seq, session, at_ms, CAST(body AS TEXT) AS body FROM events WHERE kind = 4)
    """,
)


_EDITS_WITH_ALL_ORIGINS: Final = """
    CREATE VIEW edits AS
    SELECT e.seq, e.session, e.at_ms, d.uri AS doc,
        e.body ->> 0 AS version,
        CASE e.body ->> 1 WHEN 0 THEN 'typed' WHEN 1 THEN 'accepted' WHEN 2 THEN 'pasted'
            WHEN 3 THEN 'automatic' WHEN 4 THEN 'external' WHEN 5 THEN 'formatter'
            WHEN 6 THEN 'undone' WHEN 7 THEN 'unseen' END AS origin,
        e.body ->> (j.key - 2) AS start,
        e.body ->> (j.key - 1) AS deleted,
        j.value AS inserted
    FROM (SELECT seq, session, at_ms, doc, CAST(body AS TEXT) AS body
          FROM events WHERE kind = 0) AS e
    JOIN documents AS d ON d.id = e.doc
    JOIN json_each(e.body) AS j
    WHERE j.key >= 4 AND j.key % 3 = 1
"""


def m002_looks(db: Database) -> None:
    """What became of gaps (`echo_core.experience.kept`), the event of a commit, origins."""
    db.execute(
        """
        CREATE TABLE looks (
            request TEXT NOT NULL,
            moment TEXT NOT NULL,
            at_ms INTEGER NOT NULL,
            place TEXT NOT NULL,
            confidence REAL NOT NULL,
            target_chars INTEGER NOT NULL,
            kept_chars INTEGER NOT NULL,
            accepted_chars INTEGER NOT NULL,
            accepted_kept_chars INTEGER NOT NULL,
            now_chars INTEGER NOT NULL,
            distance INTEGER NOT NULL,
            in_file INTEGER NOT NULL,
            zstd BLOB,                   -- what a commit holds instead of the sample's target
            PRIMARY KEY (request, moment)
        ) STRICT, WITHOUT ROWID
        """
    )
    # A look without its sample says nothing: whoever deletes the one deletes the other.
    db.execute(
        "CREATE TRIGGER looks_follow_samples AFTER DELETE ON samples"
        " BEGIN DELETE FROM looks WHERE request = old.request; END"
    )
    for kind in ("commit", "import"):
        db.execute("INSERT INTO kinds SELECT max(id) + 1, ? FROM kinds", (kind,))
    db.execute("DROP VIEW edits")
    db.execute(_EDITS_WITH_ALL_ORIGINS)


def m005_marks_and_renames(db: Database) -> None:
    """What a rebuild must know besides what people did (adr/0010), and documents' new names."""
    for kind in ("mark", "rename"):
        db.execute("INSERT INTO kinds SELECT max(id) + 1, ? FROM kinds", (kind,))


def m009_judgements(db: Database) -> None:
    """What was found about samples (`echo_core.judging.judgement`); none: not judged yet.

    A judgement is of one sample as it stands: it goes where the sample goes or becomes another
    one, and it is due again where the looks at the sample's place change.
    """
    for statement in _M009:
        db.execute(statement)


_UNJUDGED: Final = " BEGIN DELETE FROM judgements WHERE sample = old.id; END"
_LOOKED: Final = " BEGIN UPDATE judgements SET looks_changed = 1 WHERE sample = {row}.sample; END"
_M009: Final = (
    """
    CREATE TABLE judgements (
        sample INTEGER PRIMARY KEY,  -- of `samples`
        judged_ms INTEGER NOT NULL,
        state TEXT NOT NULL,         -- kept, dropped
        step TEXT NOT NULL,          -- the check that dropped it; empty where it is kept
        cause TEXT NOT NULL,         -- its cause; empty where it is kept
        cut_chars INTEGER NOT NULL,  -- the refined target is the target's beginning, so long
        unit TEXT NOT NULL,          -- what ends there; empty where nothing is left
        quality REAL NOT NULL,
        licence TEXT NOT NULL,       -- SPDX, of the workspace; empty where it names none
        versions BLOB NOT NULL,      -- a digest of the checks' versions
        unasked INTEGER NOT NULL,    -- a check would have asked a model, and there was none
        looks_changed INTEGER NOT NULL,
        zstd BLOB NOT NULL           -- echo_core.judgement
    ) STRICT
    """,
    "CREATE INDEX judgements_states ON judgements (state, step, cause)",
    "CREATE INDEX judgements_looked ON judgements (sample) WHERE looks_changed",
    "CREATE TRIGGER judgements_follow_samples AFTER DELETE ON samples" + _UNJUDGED,
    "CREATE TRIGGER judgements_of_samples_as_they_were AFTER UPDATE ON samples" + _UNJUDGED,
    "CREATE TRIGGER looks_added AFTER INSERT ON looked" + _LOOKED.format(row="new"),
    "CREATE TRIGGER looks_moved AFTER UPDATE ON looked" + _LOOKED.format(row="new"),
    "CREATE TRIGGER looks_gone AFTER DELETE ON looked" + _LOOKED.format(row="old"),
)


def m010_outbox(db: Database) -> None:
    """What waits to leave, what was sent, and wishes to delete it (`echo_core.sharing.outbox`)."""
    for statement in OUTBOX_SCHEMA:
        db.execute(statement)


def m011_lives(db: Database) -> None:
    """What a sample's text does not say of its gap's life, and which text a judgement is of.

    Of older samples only a rebuild knows how their gaps lived.
    """
    for column in ("grown_chars", "undone", "deleted"):
        db.execute(f"ALTER TABLE samples ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")
    # Which text a judgement's cut counts in (`echo_core.judging.checks.later`).
    db.execute("ALTER TABLE judgements ADD COLUMN later TEXT NOT NULL DEFAULT 'none'")


def m012_kinds(db: Database) -> None:
    """In which kind of bundle a sample of the outbox goes; none was imported before."""
    db.execute("ALTER TABLE outbox ADD COLUMN kind TEXT NOT NULL DEFAULT 'samples'")


def m013_shown(db: Database) -> None:
    """Whether a sample's proposal was before the user's eyes; of older ones a rebuild knows."""
    db.execute("ALTER TABLE samples ADD COLUMN shown INTEGER NOT NULL DEFAULT 0")


STEPS: Final[tuple[Step, ...]] = (
    m001_events_and_samples,
    m002_looks,
    m003_checkpoints,
    m005_marks_and_renames,
    m006_breaks,
    m007_packs,
    m008_short_looks,
    m009_judgements,
    m010_outbox,
    m011_lives,
    m012_kinds,
    m013_shown,
)
