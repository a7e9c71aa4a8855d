"""What is looked at again when a bundle was opened: nothing that a client says is believed.

Left out: opening (`echo_trainer.opening`), what other samples there are (the steps after it).

Rules
 - The checks for credentials, harm and personal data are made anew, by this version's rules.
 - What was proposed and not kept is looked at in the target's place by the same checks; a sample
   that fails there is of a client that cannot be believed, and is dropped as a whole.
 - A message or reason holds nothing of a sample.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from echo_core.gaps.life import Break
from echo_core.judging.checks import malicious, personal, rejected, secrets
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.persons.names import LocalNames
from echo_core.judging.checks.verdict import Finding
from echo_core.sharing.bundle.contents import Bundle, Contribution
from echo_core.sharing.bundle.envelope import Header, Kind
from echo_core.sharing.bundle.making import SAFETY
from echo_trainer.curation.drops import Drop

_SEEN: Final = frozenset({Finding.PASSED.value, Finding.MARKED.value})
_NOBODY: Final = LocalNames()


def of_bundle(
    header: Header, bundle: Bundle, consents: Mapping[Kind, Collection[str]]
) -> Drop | None:
    """Why nothing of a bundle may be used; `consents`: by kind, digests of texts."""
    if (header.week, header.contributor) != (bundle.week, bundle.contributor):
        return Drop.SCHEMA
    kind = Kind(header.kind)
    if bundle.consent not in consents.get(kind, ()):
        return Drop.CONSENT
    imported = kind is Kind.HISTORY
    if any((sample.ended == Break.IMPORTED) is not imported for sample in bundle.samples):
        return Drop.IMPORTED
    return None


def of_sample(sample: Contribution) -> Drop | None:
    """Why a sample may not be used."""
    if any(note.finding == Finding.DROPPED for note in sample.checks):
        return Drop.UNCHECKED
    if not {note.check for note in sample.checks if note.finding in _SEEN} >= SAFETY:
        return Drop.UNCHECKED
    if sample.rejected and not any(
        (note.check, note.finding) == (rejected.NAME, Finding.PASSED) for note in sample.checks
    ):
        return Drop.UNCHECKED
    texts = (sample.target, sample.rejected) if sample.rejected else (sample.target,)
    cases = [Case(sample.language, "", sample.prefix, text, sample.suffix) for text in texts]
    verdicts = (secrets.judge, malicious.judge, lambda one: personal.judge(one, None, _NOBODY))
    if any(judge(case).finding is Finding.DROPPED for case in cases for judge in verdicts):
        return Drop.UNSAFE
    return None
