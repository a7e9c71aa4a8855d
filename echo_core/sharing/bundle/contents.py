"""What a bundle holds: contributed samples, or a week of counters. No field more.

Left out: a file's path or name, who wrote it, on which machine, in which repository, branch or
commit, and every time finer than a day. The text of a proposal that was kept.

Rules
 - A field that is added here changes what people agreed to, and they are asked again
   (`echo_core.sharing.consent_text`).
 - Contributed text is exactly what the checks passed, prefix and suffix included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Final

from echo_core import limits
from echo_core.errors import InputError
from echo_core.gaps.life import Break
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.difficulty import Zone
from echo_core.judging.checks.rejected import CHARS_MAX as REJECTED_CHARS_MAX
from echo_core.judging.checks.verdict import Finding
from echo_core.release import naming
from echo_core.sharing.bundle.fields import Category, canonical, many, number, text, word

SCHEMA: Final = 1
SAMPLES_MAX: Final = 64  # of a bundle: one lost upload is no great loss
CHECKS_MAX: Final = 32  # verdicts of a sample; there are about a dozen checks
SAMPLE_BYTES_MAX: Final = (
    64 << 10
)  # 12,288 code points of context, 4,096 of each text in its middle, mostly ASCII
BUNDLE_BYTES_MAX: Final = 1 << 20  # of its written form
TARGET_CHARS_MAX: Final = 4096  # a logical unit; what is longer was not cut well
LATENCY_BOUNDS_MS: Final = (25, 50, 100, 200, 400, 800, 1600, 3200, 6400)  # and one bin above
COUNT_MAX: Final = 10**9
ROWS_MAX: Final = 200  # languages times releases of one week
THOUSANDTHS: Final = 1000
UNKNOWN: Final = -1

_HEX: Final = "[0-9a-f]"
DIGEST: Final = _HEX + "{64}"
_DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_WEEK: Final = r"[0-9]{4}-W[0-9]{2}"
_VERSION: Final = r"[0-9][0-9A-Za-z.+]{0,31}"
_NAME: Final = r"[a-z0-9][a-z0-9._-]{0,63}"
_LANGUAGE: Final = r"[a-z0-9][a-z0-9+#._-]{0,31}"
OTHER: Final = "other"  # a name that may say more than which model or language it is


@dataclass(frozen=True, slots=True)
class CheckNote:
    """What one check said of a sample."""

    check: str = text(
        "which check judged, so that rules can be improved", Category.NAME,
        chars_max=64, pattern=_NAME,
    )  # fmt: skip
    version: int = number("which version of the check judged", Category.NAME, high=10_000)
    finding: str = word("what the check said", tuple(Finding))
    cause: str = word("why it said so; empty where it passed", ("", *Cause))


@dataclass(frozen=True, slots=True)
class Contribution:
    """One sample that leaves."""

    id: str = text(
        "recognises a sample that arrives twice, and nothing else", Category.IDENTITY,
        chars_max=32, pattern=_HEX + "{32}",
    )  # fmt: skip
    day: str = text(
        "on which day the gap ended, to weigh what is recent", Category.TIME,
        chars_max=10, pattern=_DAY,
    )  # fmt: skip
    language: str = text(
        "which language the model learns from it", Category.KIND, chars_max=32, pattern=_LANGUAGE
    )
    prefix: str = text(
        "what stood before the cursor: what the model is shown", Category.SOURCE,
        chars_max=limits.SAMPLE_PREFIX_CHARS_MAX,
    )  # fmt: skip
    target: str = text(
        "what was kept there: what the model learns to write; empty where silence was right",
        Category.SOURCE, chars_max=TARGET_CHARS_MAX,
    )  # fmt: skip
    suffix: str = text(
        "what stood behind the cursor: what the model is shown", Category.SOURCE,
        chars_max=limits.SAMPLE_SUFFIX_CHARS_MAX,
    )  # fmt: skip
    rejected: str = text(
        "what was proposed there, shown and not kept: what the model learns not to write; empty "
        "where there is none, or you did not set `sharing.rejected`",
        Category.SOURCE, chars_max=REJECTED_CHARS_MAX,
    )  # fmt: skip
    model: str = text(
        "which model proposed something, to learn from its mistakes; empty where none did",
        Category.NAME, chars_max=64, pattern=f"|{_NAME}",
    )  # fmt: skip
    proposed_chars: int = number("how long the proposal was", Category.COUNT, high=COUNT_MAX)
    accepted_chars: int = number(
        "how much of the target came from accepting", Category.COUNT, high=COUNT_MAX
    )
    kept_chars: int = number(
        "how much of the proposal was still there at the end", Category.COUNT, high=COUNT_MAX
    )
    ended: str = word("how the gap ended", tuple(Break))
    quality: int = number(
        "the checks' score in thousandths, to weigh the sample", Category.COUNT, high=THOUSANDTHS
    )
    zone: str = word(
        "how hard the target was for the model on this machine; empty: not measured", ("", *Zone)
    )
    likeness: int = number(
        "how like the target is to what that model writes, in thousandths; -1: not measured",
        Category.COUNT, low=UNKNOWN, high=THOUSANDTHS,
    )  # fmt: skip
    survived: int = number(
        "how much of the target stood when it was last looked at, in thousandths; -1: never looked",
        Category.COUNT, low=UNKNOWN, high=THOUSANDTHS,
    )  # fmt: skip
    checks: tuple[CheckNote, ...] = many(
        "what each check said", Category.COUNT, CheckNote, most=CHECKS_MAX
    )


@dataclass(frozen=True, slots=True)
class Bundle:
    """Samples that leave together. Its written form is what a preview shows and what is sealed."""

    schema: int = number("which fields there are", Category.NAME, low=SCHEMA, high=SCHEMA)
    week: str = text(
        "in which ISO week it was made: the pseudonym holds for that week",
        Category.TIME, chars_max=8, pattern=_WEEK,
    )  # fmt: skip
    contributor: str = text(
        "the week's pseudonym, a public key: caps count by it, and it can ask for deletion",
        Category.IDENTITY, chars_max=64, pattern=DIGEST,
    )  # fmt: skip
    client: str = text(
        "which version of Echo made it, so that a faulty one can be sorted out",
        Category.NAME, chars_max=32, pattern=_VERSION,
    )  # fmt: skip
    consent: str = text(
        "the digest of the text that was agreed to", Category.CRYPTOGRAPHY,
        chars_max=64, pattern=DIGEST,
    )  # fmt: skip
    samples: tuple[Contribution, ...] = many(
        "the samples", Category.SOURCE, Contribution, most=SAMPLES_MAX
    )


@dataclass(frozen=True, slots=True)
class Counters:
    """The counters of one week for one language and release."""

    language: str = text(
        "for which language they count", Category.KIND, chars_max=32, pattern=_LANGUAGE
    )
    model: str = text(
        "for which model they count", Category.NAME, chars_max=64, pattern=f"|{_NAME}"
    )
    arm: str = text(
        "on which side of an experiment this machine was; empty: on none", Category.KIND,
        chars_max=64, pattern=f"|{_NAME}",
    )  # fmt: skip
    shown: int = number("proposals that were shown", Category.COUNT, high=COUNT_MAX)
    accepted: int = number(
        "proposals of which something was accepted", Category.COUNT, high=COUNT_MAX
    )
    accepted_chars: int = number("characters accepted", Category.COUNT, high=COUNT_MAX)
    kept_chars: int = number("characters of them that stayed", Category.COUNT, high=COUNT_MAX)
    typed_chars: int = number("characters typed", Category.COUNT, high=COUNT_MAX)
    latency: tuple[int, ...] = many(
        "how many answers took how long, by bins of milliseconds", Category.COUNT, int,
        most=len(LATENCY_BOUNDS_MS) + 1, high=COUNT_MAX,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class WeekReport:
    """A week of counters. No field can hold text of a document."""

    schema: int = number("which fields there are", Category.NAME, low=SCHEMA, high=SCHEMA)
    week: str = text("which ISO week was counted", Category.TIME, chars_max=8, pattern=_WEEK)
    contributor: str = text(
        "a pseudonym of that week, another one than for samples", Category.IDENTITY,
        chars_max=64, pattern=DIGEST,
    )  # fmt: skip
    client: str = text(
        "which version of Echo counted", Category.NAME, chars_max=32, pattern=_VERSION
    )
    consent: str = text(
        "the digest of the text that was agreed to", Category.CRYPTOGRAPHY,
        chars_max=64, pattern=DIGEST,
    )  # fmt: skip
    rows: tuple[Counters, ...] = many("the counters", Category.COUNT, Counters, most=ROWS_MAX)


# --- making values that fit -------------------------------------------------------------------


def day_of(at_ms: int) -> str:
    """The day in UTC; no finer time leaves."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()


def week_of(at_ms: int) -> str:
    """The ISO week in UTC, as `2026-W47`."""
    year, week, _ = datetime.fromtimestamp(at_ms / 1000, UTC).isocalendar()
    return f"{year:04}-W{week:02}"


def week_start_ms(week: str) -> int:
    """The first moment of a week that `week_of` named.

    Raises:
        InputError: it is no week.
    """
    try:
        year, number_of = week.split("-W")
        first = date.fromisocalendar(int(year), int(number_of), 1)
    except ValueError as error:
        raise InputError("A week is written as 2026-W47.") from error
    return int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp() * 1000)


def plain_name(name: str) -> str:
    """A release's name, else a model's, where it can be no path or title; else `other`."""
    named = naming.read(name)
    said = named.release or named.model
    return said if not said or re.fullmatch(_NAME, said) else OTHER


def plain_arm(name: str) -> str:
    """The side of an experiment on which a model of this name answered; empty: on none."""
    arm = naming.read(name).arm
    return arm if re.fullmatch(_NAME, arm) else ""


def plain_language(language: str) -> str:
    """A language's identifier, where it is written as those of LSP are; else `other`."""
    return language if re.fullmatch(_LANGUAGE, language) else OTHER


def thousandths(part: float) -> int:
    """A part of one, as a whole number that has one written form."""
    return max(0, min(THOUSANDTHS, round(part * THOUSANDTHS)))


def latency_bins(latencies_ms: Mapping[int, int]) -> tuple[int, ...]:
    """How many latencies lie in each bin, given how often each was seen; a bound belongs to the
    bin below it."""
    bins = [0] * (len(LATENCY_BOUNDS_MS) + 1)
    for latency, count in latencies_ms.items():
        bins[sum(latency > bound for bound in LATENCY_BOUNDS_MS)] += count
    return tuple(bins)


def digest(content: bytes) -> str:
    """What a preview and what was opened are compared by."""
    return sha256(content).hexdigest()


def bytes_of(sample: Contribution) -> int:
    """How much of a bundle a sample takes.

    Raises:
        InputError: it does not fit its schema, or is larger than a sample may be.
    """
    size = len(canonical(sample))
    if size > SAMPLE_BYTES_MAX:
        raise InputError("This sample is larger than what may be contributed.")
    return size


def filled(bundle: Bundle, samples: Iterable[Contribution]) -> Bundle:
    """`bundle` with as many of `samples`, from the first on, as fit into it."""
    taken: list[Contribution] = []
    size = len(canonical(replace(bundle, samples=())))
    for sample in samples:
        size += bytes_of(sample) + 1  # the comma
        if len(taken) == SAMPLES_MAX or size > BUNDLE_BYTES_MAX:
            break
        taken.append(sample)
    return replace(bundle, samples=tuple(taken))
