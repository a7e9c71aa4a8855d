"""The questions of `queries`, as SQL.

Left out: what is written (`rows`), the schema (`migrations`).
"""

from __future__ import annotations

from typing import Final

from echo_daemon.store.judged import LOOKS_SEEN

SAMPLE_COLUMNS: Final = """
    s.id, d.uri AS doc, s.language, s.opened_ms, s.broken_ms - s.opened_ms AS lived_ms, s.reason,
    s.target_chars, s.target_lines, s.accepted_chars, s.proposed_chars, s.model, s.kept_chars,
    coalesce(j.state, 'candidate') AS state, coalesce(j.cause, '') AS cause,
    coalesce(j.cut_chars, 0) AS cut_chars, coalesce(j.quality, 0.0) AS quality,
    coalesce(j.later, 'none') AS later
"""
_JUDGED: Final = "LEFT JOIN judgements AS j ON j.sample = s.id"
SAMPLES_WHERE: Final = f"""
    FROM samples AS s JOIN documents AS d ON d.id = s.doc {_JUDGED}
    WHERE (:reason = '' OR s.reason = :reason) AND (:proposed = 0 OR s.proposed_chars > 0)
    AND (:state = '' OR coalesce(j.state, 'candidate') = :state)
    AND (:cause = '' OR j.cause = :cause) AND (:language = '' OR s.language = :language)
    AND (:model = '' OR s.model = :model) AND (:accepted = 0 OR s.accepted_chars > 0)
    AND (:docs IS NULL OR s.doc IN (SELECT value FROM json_each(:docs)))
"""  # noqa: S608 - made of constants
WHOLE: Final = f"""
    SELECT {SAMPLE_COLUMNS}, s.request, s.proposal, s.grown_chars, s.undone,
        s.deleted, s.shown, s.zstd, b.zstd AS base, r.zstd AS root
    FROM samples AS s JOIN documents AS d ON d.id = s.doc {_JUDGED}
    LEFT JOIN snapshots AS b ON b.digest = s.base LEFT JOIN snapshots AS r ON r.digest = b.base
"""  # noqa: S608 - made of constants
SAMPLE: Final = f"{WHOLE} WHERE s.id = :id"
UNFINISHED: Final = """
    SELECT * FROM sessions WHERE events > 0 AND gaps_live > 0 ORDER BY id
"""
LAST: Final = """
    SELECT max(seq) AS seq FROM (
        SELECT session, max(seq) AS seq FROM events GROUP BY session
        UNION ALL SELECT session, max(last_seq) FROM packs GROUP BY session)
    GROUP BY session
"""
# Once over the edits, in SQLite: parsing a million of them in Python would take four times as long.
EDITS: Final = """
    SELECT origin, count(*) AS edits, sum(length(inserted)) AS chars FROM edits GROUP BY origin
"""
# An acceptance implies that it was shown, whether or not the client said so.
OUTCOMES: Final = """
    SELECT count(DISTINCT proposal) AS shown,
        count(DISTINCT iif(outcome != 'shown', proposal, NULL)) AS accepted
    FROM outcomes WHERE outcome IN ('shown', 'accepted', 'partial')
"""
SIZES: Final = """
    SELECT k.name AS kind, n, bytes FROM (
        SELECT kind, count(*) AS n, sum(length(body)) AS bytes FROM events GROUP BY kind)
    JOIN kinds AS k ON k.id = kind
    UNION ALL SELECT 'packed', coalesce(sum(events), 0), coalesce(sum(length(zstd)), 0) FROM packs
    UNION ALL SELECT 'texts', count(*), coalesce(sum(length(zstd)), 0) FROM snapshots
    UNION ALL SELECT 'samples', count(*), coalesce(sum(length(zstd)), 0) FROM samples
    UNION ALL SELECT 'outbox', count(*), coalesce(sum(length(zstd)), 0) FROM outbox
    UNION ALL SELECT 'judgements', count(*), coalesce(sum(length(zstd)), 0) FROM judgements
    UNION ALL SELECT 'gaps', coalesce(sum(gaps), 0), coalesce(sum(length(requests)), 0) FROM breaks
"""
OLDEST: Final = """
    SELECT coalesce(min(at_ms), 0) AS at_ms FROM (
        SELECT min(at_ms) AS at_ms FROM events UNION ALL SELECT min(first_ms) FROM packs)
"""
KEPT: Final = "SELECT coalesce(sum(kept_chars), 0) AS kept FROM samples"


SAMPLE_OF: Final = f"{WHOLE} WHERE s.request = CAST(:request AS TEXT)"
# A commit that was seen from another branch tells nothing.
_TOLD: Final = """
    SELECT 1 FROM looks AS l
    WHERE l.request = s.request AND l.moment = 'commit' AND l.place != 'elsewhere'
"""
FOLLOWED: Final = f"""
    SELECT *, EXISTS ({_TOLD}) AS told, EXISTS (
        SELECT 1 FROM looks AS l WHERE l.request = s.request AND l.moment = 'save') AS saved
    FROM ({WHOLE} WHERE s.broken_ms > :after AND s.target_chars > 0 AND s.reason != 'imported') AS s
    ORDER BY s.id DESC LIMIT :limit
"""  # noqa: S608 - made of constants
MOVES: Final = """
    SELECT e.at_ms, k.name AS kind, e.body, coalesce(d.uri, '') AS doc
    FROM events AS e JOIN kinds AS k ON k.id = e.kind LEFT JOIN documents AS d ON d.id = e.doc
    WHERE k.name IN ('head', 'rename') AND e.at_ms > :after ORDER BY e.seq
"""
# --- judging ----------------------------------------------------------------------------------
_DUE: Final = """
    FROM samples AS s LEFT JOIN judgements AS j ON j.sample = s.id
    WHERE (j.sample IS NULL OR j.versions != :versions OR j.looks_changed
        OR (:askable AND j.unasked))
"""
DUE: Final = f"""
    SELECT s.id {_DUE} AND s.id < :before ORDER BY s.id DESC LIMIT :limit
"""
DUE_COUNT: Final = f"SELECT count(*) AS n {_DUE}"
EXHIBIT: Final = f"""
    SELECT {SAMPLE_COLUMNS}, s.request, s.proposal, s.grown_chars, s.undone,
        s.deleted, s.shown, s.zstd, b.zstd AS base, r.zstd AS root,
        {LOOKS_SEEN} AS looks, j.zstd AS judged
    FROM samples AS s JOIN documents AS d ON d.id = s.doc {_JUDGED}
    LEFT JOIN snapshots AS b ON b.digest = s.base LEFT JOIN snapshots AS r ON r.digest = b.base
    WHERE s.id = :id
"""  # noqa: S608 - made of constants
JUDGEMENT: Final = "SELECT zstd FROM judgements WHERE sample = :id"
STANDINGS: Final = """
    SELECT state, step, cause, count(*) AS n FROM judgements GROUP BY 1, 2, 3 ORDER BY n DESC
"""
ROOTS: Final = "SELECT DISTINCT roots FROM sessions"
