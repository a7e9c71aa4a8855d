"""From a sample that was kept to what may leave of it.

Left out: which samples are kept (they come judged), whether they may leave
(`echo_core.sharing.consent`).

Rules
 - What a check hid is hidden here: a place of the context becomes the name of its class. The
   target is never changed; a sample whose target would have to be is none.
 - What was proposed and not kept is no part of a sample that is too large with it.
 - A sample that was not looked at for credentials, harm and personal data does not leave, whatever
   else tolerates that.
 - What was imported from a repository's history is of a kind of its own: another leave, another
   pseudonym (adr/0016).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from echo_core.errors import InputError
from echo_core.gaps.life import Break
from echo_core.judging.checks.verdict import Finding, Verdict
from echo_core.sharing.bundle.contents import (
    UNKNOWN,
    CheckNote,
    Contribution,
    bytes_of,
    day_of,
    plain_language,
    plain_name,
    thousandths,
)
from echo_core.sharing.bundle.envelope import Kind

SAFETY: Final = frozenset({"secrets", "malicious", "personal"})  # names of checks
_KIND: Final = re.compile(r"[A-Za-z][A-Za-z_]{0,31}")


@dataclass(frozen=True, slots=True)
class Hidden:
    """A place of `prefix + target + suffix` that nobody else may see, and what stands there."""

    start: int
    end: int
    kind: str  # a class: name, email


@dataclass(frozen=True, slots=True)
class KeptRow:
    """What a list says of a sample that was kept."""

    request: str
    doc: str  # a URI
    kind: Kind


@dataclass(frozen=True, slots=True)
class KeptSample:
    """A sample that every check passed, with its target cut. Its texts are not hidden yet."""

    request: str
    doc: str  # a URI
    language: str
    prefix: str
    target: str
    suffix: str
    model: str
    proposed_chars: int
    accepted_chars: int
    kept_chars: int
    ended: Break
    broken_at_ms: int
    quality: float
    zone: str  # `echo_core.judging.checks.difficulty.Zone`; empty where nobody measured it
    likeness: float | None  # of the target to what the model writes; None where nobody asked
    survived: float | None  # of the target at the last look; None before the first
    verdicts: tuple[Verdict, ...]
    hidden: tuple[Hidden, ...] = ()
    rejected: str = ""  # proposed, shown and not kept, where a check let it pass

    @property
    def kind(self) -> Kind:
        """In which kind of bundle it leaves."""
        return kind_of(self.ended)


def is_safe(verdicts: Sequence[Verdict]) -> bool:
    """Whether every check for safety looked, and none dropped the sample."""
    seen = (Finding.PASSED, Finding.MARKED)
    return {verdict.check for verdict in verdicts if verdict.finding in seen} >= SAFETY


def kind_of(ended: Break) -> Kind:
    """In which kind of bundle a sample leaves, by how its gap ended."""
    return Kind.HISTORY if ended is Break.IMPORTED else Kind.SAMPLES


def contribution(kept: KeptSample, identity: str) -> Contribution:
    """What leaves of a sample, under `identity`.

    Raises:
        InputError: nothing of it may leave: it was dropped, something in its target is to be
            hidden, or it does not fit. The message holds nothing of it.
    """
    if any(verdict.finding is Finding.DROPPED for verdict in kept.verdicts):
        raise InputError("A sample that a check dropped does not leave.")
    start, end = len(kept.prefix), len(kept.prefix) + len(kept.target)
    before = [hidden for hidden in kept.hidden if hidden.end <= start]
    behind = [hidden for hidden in kept.hidden if hidden.start >= end]
    if len(before) + len(behind) < len(kept.hidden) or not all(
        0 <= each.start <= each.end <= end + len(kept.suffix) for each in kept.hidden
    ):
        raise InputError("A sample whose target holds something to hide does not leave.")
    made = Contribution(
        id=identity,
        day=day_of(kept.broken_at_ms),
        language=plain_language(kept.language),
        prefix=_with_names(kept.prefix, before, 0),
        target=kept.target,
        suffix=_with_names(kept.suffix, behind, end),
        rejected=kept.rejected,
        model=plain_name(kept.model),
        proposed_chars=kept.proposed_chars,
        accepted_chars=kept.accepted_chars,
        kept_chars=kept.kept_chars,
        ended=kept.ended,
        quality=thousandths(kept.quality),
        zone=kept.zone,
        likeness=_maybe(kept.likeness),
        survived=_maybe(kept.survived),
        checks=tuple(_note(verdict) for verdict in kept.verdicts),
    )
    try:
        bytes_of(made)
    except InputError:
        if not made.rejected:
            raise
        made = replace(made, rejected="")
        bytes_of(made)
    return made


def _maybe(part: float | None) -> int:
    return UNKNOWN if part is None else thousandths(part)


def _note(verdict: Verdict) -> CheckNote:
    return CheckNote(verdict.check, verdict.version, verdict.finding, verdict.cause or "")


def _with_names(text: str, places: Sequence[Hidden], offset: int) -> str:
    """`text`, which begins at `offset` of the whole, with the places replaced by their classes."""
    parts: list[str] = []
    at = 0
    for place in sorted(places, key=lambda each: (each.start, each.end)):
        if not _KIND.fullmatch(place.kind):
            raise InputError("The class of something to hide has no proper name.")
        start = max(at, place.start - offset)
        parts += [text[at:start], f"<{place.kind.upper()}>"]
        at = max(at, place.end - offset)
    return "".join((*parts, text[at:]))
