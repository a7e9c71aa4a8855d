"""What a document held when the log last saw it.

Left out: the texts of a whole session (`standing`).
"""

from __future__ import annotations

from typing import Final

from echo_core.records.events import Closed, Opened, Renamed
from echo_daemon.store.queries import Queries
from echo_daemon.store.standing import SEQ_MAX
from echo_daemon.store.values import integer

# All three kinds stay rows (`packs`), so that this reads hundreds of rows, not the log.
_LAST: Final = """
SELECT e.seq, k.name AS kind, s.name AS session
FROM events AS e JOIN kinds AS k ON k.id = e.kind JOIN sessions AS s ON s.id = e.session
JOIN documents AS d ON d.id = e.doc
WHERE d.uri = CAST(:uri AS TEXT) AND k.name IN (:opened, :closed, :renamed)
    AND e.seq >= s.first_seq
ORDER BY e.seq DESC LIMIT 1
"""


def last_text(queries: Queries, doc: str) -> tuple[str, str] | None:
    """Its language and text; None where the log does not know, or it goes on under another name.

    Raises:
        StoreError: a text is damaged.
    """
    kinds = {"opened": Opened.kind, "closed": Closed.kind, "renamed": Renamed.kind}
    uri = doc.encode("utf-8", "surrogatepass")
    found = queries.rows(_LAST, {"uri": uri, **kinds})
    if not found or found[0]["kind"] == Renamed.kind:
        return None
    closed = found[0]["kind"] == Closed.kind
    up_to = integer(found[0]["seq"]) - 1 if closed else SEQ_MAX
    _, openings = queries.standing(str(found[0]["session"]), up_to=up_to)
    return next(((one.language, one.text) for one in openings if one.doc == doc), None)
