"""The data dictionary: every field that is recorded or leaves, with what it is for.

Fields that may leave say it themselves (`echo_core.sharing.bundle`). Of what stays here the table
below says it, one line for each field of an event, a sample and a look.

Left out: how it is printed (docs/generate.py), who agreed to what
(`echo_core.sharing.consent_text`).

Rules
 - Every field of those records has its line, and no line is without a field: a test compares.
 - A line that changes is a change of what people agreed to, and they are asked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, assert_never, cast

from echo_core.experience.looks import Look
from echo_core.experience.sample import Sample
from echo_core.judging.checks.verdict import Verdict
from echo_core.judging.judgement import Asked, Judgement, Redaction
from echo_core.records.events import KINDS
from echo_core.sharing.bundle.contents import Bundle, CheckNote, Contribution, Counters, WeekReport
from echo_core.sharing.bundle.envelope import Deletion, Header
from echo_core.sharing.bundle.fields import Category, about_fields
from echo_core.sharing.consent import Switch
from echo_core.sharing.outbox import Item, Parcel, Wish

_EVENTS_KEPT: Final = "as long as `store.keep_days` says; at most until it is erased"
_SAMPLES_KEPT: Final = "until it is forgotten, erased, or the store is larger than `keep_bytes`"
_OUTBOX_KEPT: Final = "texts until they are sent or dropped; the rest with the sample"
_SENT_KEPT: Final = "until its deletion is asked for"


@dataclass(frozen=True, slots=True)
class Line:
    """What is said of one field."""

    record: str
    field: str
    purpose: str
    category: Category
    kept: str
    leaves: bool


def lines(switch: Switch) -> tuple[Line, ...]:
    """All that a switch is about, in the order in which it is shown."""
    match switch:
        case Switch.RECORD:
            return tuple(_local(local_records()))
        case Switch.CONTRIBUTE | Switch.HISTORY:
            leaving = _leaving(Header, Bundle, Contribution, CheckNote, Deletion)
            return (*leaving, *_local(outbox_records()))
        case Switch.METRICS:
            return tuple(_leaving(Header, WeekReport, Counters))
        case Switch.TEACHER_ENDPOINT:
            return _ASKED
        case _:
            assert_never(switch)


_THEIR_TERMS: Final = "as long as whoever runs the endpoint says"
_ASKED: Final = tuple(
    Line("question", name, purpose, category, _THEIR_TERMS, leaves=True)
    for name, purpose, category in (
        ("before", "the text before the cursor, at most 400 characters", Category.SOURCE),
        ("typed", "the beginning of what was kept, at most 1,200 characters", Category.SOURCE),
        ("after", "the text behind the cursor, at most 300 characters", Category.SOURCE),
        ("model", "which model of the endpoint answers", Category.NAME),
    )
)


def _leaving(*records: type) -> Iterator[Line]:
    for record in records:
        for name, about in about_fields(record).items():
            yield Line(
                record.__name__, name, about.purpose, about.category, _SENT_KEPT, leaves=True
            )


def local_records() -> Mapping[str, type]:
    """The records that are kept on this machine when recording is on, by name."""
    judged = {"judgement": Judgement, "verdict": Verdict, "asked": Asked, "redaction": Redaction}
    return {**KINDS, "sample": Sample, "look": Look, **judged}


def outbox_records() -> Mapping[str, type]:
    """The records that are kept on this machine when something is contributed, by name."""
    return {"item": Item, "parcel": Parcel, "wish": Wish}


def _local(records: Mapping[str, type]) -> Iterator[Line]:
    for name, record in records.items():
        kept = _SAMPLES_KEPT
        if name in KINDS:
            kept = _EVENTS_KEPT
        elif name in outbox_records():
            kept = _OUTBOX_KEPT
        for each in fields(cast(Any, record)):
            category, purpose = said_of(name, each.name)
            yield Line(name, each.name, purpose, category, kept, leaves=False)


def said_of(record: str, field: str) -> tuple[Category, str]:
    """What the table says of a field of a local record.

    Raises:
        KeyError: nothing.
    """
    return _LOCAL.get((record, field)) or _LOCAL["", field]


# Under an empty record stands what is the same wherever a field has that name.
_LOCAL: Final[dict[tuple[str, str], tuple[Category, str]]] = {
    ("", "at_ms"): (Category.TIME, "when it happened"),
    ("", "doc"): (Category.PLACE, "in which file, by its address on this machine"),
    ("", "version"): (Category.COUNT, "which version of the text was meant"),
    ("", "language"): (Category.KIND, "which language the file is in"),
    ("", "request"): (Category.IDENTITY, "which request it belongs to"),
    ("", "proposal"): (Category.IDENTITY, "which proposal it belongs to"),
    ("", "model"): (Category.NAME, "which model was asked"),
    ("", "commit"): (Category.IDENTITY, "which commit holds it"),
    ("", "accepted_chars"): (Category.COUNT, "how much came from accepting"),
    ("", "kept_chars"): (Category.COUNT, "how much of it stayed"),
    ("open", "text"): (Category.SOURCE, "what the file held, so that edits can be followed"),
    ("edit", "edits"): (Category.SOURCE, "what was removed and put in, and where"),
    ("edit", "origin"): (Category.KIND, "who caused it: typing, accepting, a formatter"),
    ("cursor", "anchor"): (Category.COUNT, "where the selection began"),
    ("cursor", "head"): (Category.COUNT, "where the cursor stood"),
    ("head", "ref"): (Category.IDENTITY, "which branch was checked out"),
    ("head", "repo"): (Category.PLACE, "in which folder version control moved"),
    ("head", "move"): (Category.KIND, "what moved it: a commit, a switch, a reset"),
    ("commit", "text"): (Category.SOURCE, "what the commit holds, to see what survived"),
    ("import", "made_ms"): (Category.TIME, "when it was committed"),
    ("import", "text"): (Category.SOURCE, "what the file held before the commit"),
    ("import", "edits"): (Category.SOURCE, "what the commit changed"),
    ("rename", "to"): (Category.PLACE, "what the file is called from then on"),
    ("rename", "confidence"): (Category.COUNT, "how sure that is; below 1 where nobody said so"),
    ("mark", "what"): (Category.KIND, "when watching was interrupted, and by what"),
    ("request", "offset"): (Category.COUNT, "where in the file a completion was asked for"),
    ("request", "trigger"): (Category.KIND, "whether it was asked for by hand"),
    ("proposal", "text"): (Category.SOURCE, "what was offered"),
    ("proposal", "logprob_mean"): (Category.COUNT, "how sure the model was"),
    ("proposal", "latency_ms"): (Category.COUNT, "how long it took"),
    ("proposal", "tokens_prompt"): (Category.COUNT, "how much the model was shown"),
    ("proposal", "tokens_evaluated"): (Category.COUNT, "how much of it had to be read anew"),
    ("proposal", "tokens_written"): (Category.COUNT, "how much the model wrote"),
    ("proposal", "reason"): (Category.KIND, "why there was nothing, where there was nothing"),
    ("outcome", "outcome"): (Category.KIND, "what became of it: shown, accepted, dismissed"),
    ("outcome", "chars"): (Category.COUNT, "how much of it is meant"),
    ("sample", "prefix"): (Category.SOURCE, "what stood before the gap"),
    ("sample", "target"): (Category.SOURCE, "what was kept in the gap"),
    ("sample", "suffix"): (Category.SOURCE, "what stood behind the gap"),
    ("sample", "proposal"): (Category.SOURCE, "what was offered there"),
    ("sample", "proposal_id"): (Category.IDENTITY, "which proposal that was"),
    ("sample", "break_reason"): (Category.KIND, "how the gap ended"),
    ("sample", "opened_at_ms"): (Category.TIME, "when the gap began"),
    ("sample", "broken_at_ms"): (Category.TIME, "when the gap ended"),
    ("sample", "grown_chars"): (Category.COUNT, "the most that ever stood in the gap"),
    ("sample", "undone"): (Category.KIND, "whether the last edit in it was an undo"),
    ("sample", "deleted"): (Category.KIND, "whether it ended by an edit that only removed text"),
    ("sample", "shown"): (Category.KIND, "whether the proposal was before your eyes"),
    ("look", "moment"): (Category.KIND, "how long after, or at what, it was looked again"),
    ("look", "place"): (Category.KIND, "how its place was found again"),
    ("look", "confidence"): (Category.COUNT, "how surely"),
    ("look", "target_chars"): (Category.COUNT, "how much had been kept"),
    ("look", "accepted_kept_chars"): (Category.COUNT, "how much of what was accepted stayed"),
    ("look", "now_chars"): (Category.COUNT, "how much stands there now"),
    ("look", "distance"): (Category.COUNT, "how far that is from what was kept"),
    ("look", "in_file"): (Category.KIND, "whether it is still somewhere in the file"),
    ("look", "text"): (Category.SOURCE, "what a commit holds there instead"),
    ("judgement", "cut"): (Category.COUNT, "how much of what was kept is one unit"),
    ("judgement", "unit"): (Category.KIND, "what kind of unit that is"),
    ("judgement", "quality"): (Category.COUNT, "how good the sample is"),
    ("judgement", "licence"): (Category.KIND, "which licence its project is under"),
    ("judgement", "verdicts"): (Category.KIND, "what each check said"),
    ("judgement", "asked"): (Category.KIND, "what a model was asked about it"),
    ("judgement", "later"): (Category.KIND, "whether the commit's text was judged instead"),
    ("judgement", "redactions"): (Category.COUNT, "which places of the context are hidden"),
    ("verdict", "check"): (Category.NAME, "which check judged"),
    ("verdict", "version"): (Category.NAME, "which version of it"),
    ("verdict", "finding"): (Category.KIND, "what it said"),
    ("verdict", "cause"): (Category.KIND, "why"),
    ("verdict", "spans"): (Category.COUNT, "where in the sample"),
    ("verdict", "quality"): (Category.COUNT, "its part in the score"),
    ("verdict", "facts"): (Category.COUNT, "numbers and classes that led to it"),
    ("asked", "question"): (Category.KIND, "what was asked"),
    ("asked", "prompt"): (Category.NAME, "which prompt, and which version of it"),
    ("asked", "answers"): (Category.COUNT, "how likely each answer was"),
    ("redaction", "start"): (Category.COUNT, "where a hidden place begins"),
    ("redaction", "end"): (Category.COUNT, "where it ends"),
    ("redaction", "kind"): (Category.KIND, "what kind of thing stands there"),
    ("", "due_ms"): (Category.TIME, "before when it is not sent"),
    ("", "state"): (Category.KIND, "whether it waits, was sent or dropped"),
    ("", "cause"): (Category.KIND, "why it was not sent"),
    ("", "content"): (Category.SOURCE, "exactly what would be sent"),
    ("", "id"): (Category.CRYPTOGRAPHY, "the digest by which it is known"),
    ("", "kind"): (Category.KIND, "whether samples, imported ones or counters are meant"),
    ("", "week"): (Category.TIME, "the week of its pseudonym"),
    ("", "intake"): (Category.NAME, "which trainer it is for"),
    ("", "attempts"): (Category.COUNT, "how often it was tried"),
    ("", "receipt"): (Category.CRYPTOGRAPHY, "what the trainer confirmed"),
    ("item", "added_ms"): (Category.TIME, "when it came into the outbox"),
    ("item", "parcel"): (Category.CRYPTOGRAPHY, "in which parcel it is"),
    ("parcel", "digest"): (Category.CRYPTOGRAPHY, "the digest of what is inside"),
    ("parcel", "samples"): (Category.COUNT, "how many samples it holds"),
    ("parcel", "made_ms"): (Category.TIME, "when it was sealed"),
    ("parcel", "envelope"): (Category.CRYPTOGRAPHY, "the sealed bytes, until they are confirmed"),
    ("parcel", "ended_ms"): (Category.TIME, "when it was confirmed or given up"),
    ("parcel", "size"): (Category.COUNT, "how large it is on the wire"),
    ("wish", "asked_ms"): (Category.TIME, "when leave was taken back"),
    ("wish", "content"): (Category.CRYPTOGRAPHY, "the signed wish to delete"),
    ("wish", "done_ms"): (Category.TIME, "when it was confirmed"),
}


def unused() -> list[tuple[str, str]]:
    """Lines of the table that belong to no field."""
    there = {
        (name, each.name)
        for name, record in {**local_records(), **outbox_records()}.items()
        for each in fields(cast(Any, record))
    }
    names = {field for _, field in there}
    return [key for key in _LOCAL if key not in there and (key[0] or key[1] not in names)]
