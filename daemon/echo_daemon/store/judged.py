"""A judgement as a row of `judgements`.

Left out: what a judgement is (`echo_core.judging.judgement`), reading them (`judging`).
"""

from __future__ import annotations

from typing import Final

from echo_core.judging.exhibit import Judged
from echo_core.judging.judgement import encode
from echo_daemon.store.database import Row
from echo_daemon.store.texts import packed, utf8

# Which looks there are at the sample `s`; a judgement of others is due again.
LOOKS_SEEN: Final = (
    "(SELECT count(*) || ':' || coalesce(max(at_ms), 0) FROM looked WHERE sample = s.id)"
)
# What was forgotten or mined anew meanwhile is not judged.
JUDGED: Final = f"""
INSERT OR REPLACE INTO judgements (sample, judged_ms, state, step, cause, cut_chars, unit, quality,
    licence, versions, unasked, looks_changed, zstd, later)
SELECT s.id, ?4, ?5, ?6, ?7, ?8, ?9, ?10, CAST(?11 AS TEXT), ?12, ?13, {LOOKS_SEEN} != ?3, ?14, ?15
FROM samples AS s WHERE s.id = ?1 AND s.zstd = ?2
"""  # noqa: S608 - made of constants


def judged_row(item: Judged) -> Row:
    """The values of `JUDGED`."""
    judgement = item.judgement
    against = judgement.dropped_by
    cause = against.cause if against is not None else None
    return (
        item.number,
        item.stamp.texts,
        item.stamp.looks,
        item.judged_ms,
        judgement.state.value,
        against.check if against is not None else "",
        cause.value if cause is not None else "",
        judgement.cut,
        judgement.unit,
        judgement.quality,
        utf8(judgement.licence),
        item.versions,
        int(judgement.is_unasked),
        packed(encode(judgement)),
        judgement.later.value,
    )
