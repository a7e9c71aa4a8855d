"""What people agreed to: five switches, everybody who may say no, and the rule that decided.

    what                who may say no
    record              the person, a folder's choice, the organisation's policy, DO_NOT_TRACK, CI
    metrics             they, and the editor's own telemetry setting
    teacher_endpoint    the same
    contribute          they all, and whoever lacks the right to share the code of a folder
    contribute_history  they all: it holds where `contribute` does, and no further

Left out: where choices and policy stand (`echo_daemon.store.consent`, `echo_daemon.permission`),
what people are shown (`echo_core.sharing.consent_text`).

Rules
 - Nothing is on that nobody chose; the person's own choice for the machine comes first.
 - The strictest wins: one no is enough, and nobody's yes outweighs it.
 - What cannot be read or understood says no.
 - The answer names the rule that decided. Where several do, it is the first in the order of `Rule`:
   what nobody can change comes before what the person can.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from echo_core.sharing.bundle.envelope import Kind

POLICY_BYTES_MAX: Final = 64 << 10  # a policy has as many lines as there are switches


class Switch(StrEnum):
    """What can be agreed to, each by itself."""

    RECORD = "record"
    CONTRIBUTE = "contribute"
    HISTORY = "contribute_history"
    METRICS = "metrics"
    TEACHER_ENDPOINT = "teacher_endpoint"

    @property
    def subject(self) -> str:
        """How a sentence about it begins."""
        return _TITLES[self]

    @property
    def command(self) -> str:
        """How a person calls it at a terminal."""
        return f"echoctl consent {self.replace('_', '-')}"


# The leaves that a kind of bundle rests on; the text of the first is the one that it names.
LEAVES: Final[Mapping[Kind, tuple[Switch, ...]]] = {
    Kind.SAMPLES: (Switch.CONTRIBUTE,),
    Kind.HISTORY: (Switch.HISTORY, Switch.CONTRIBUTE),
    Kind.METRICS: (Switch.METRICS,),
}

_TITLES: Final = {
    Switch.RECORD: "Recording",
    Switch.CONTRIBUTE: "Contributing samples",
    Switch.HISTORY: "Contributing imported history",
    Switch.METRICS: "Sending metrics",
    Switch.TEACHER_ENDPOINT: "Asking the teacher's endpoint",
}


class Answer(StrEnum):
    """What somebody said to one switch."""

    UNASKED = "unasked"
    YES = "yes"
    NO = "no"
    OUTDATED = "outdated"  # yes, to another text than today's
    UNREADABLE = "unreadable"  # nobody knows: the record of it is damaged


class Stance(StrEnum):
    """What an organisation's policy says to one switch."""

    SILENT = "silent"
    FORBIDS = "forbids"
    DAMAGED = "damaged"  # there is one, and it cannot be understood


class Telemetry(StrEnum):
    """What editors said of their own telemetry setting."""

    UNSAID = "unsaid"
    ON = "on"
    OFF = "off"


class Right(StrEnum):
    """Why the code of a folder may be shared."""

    PERMISSIVE = "permissive"  # its licence says so
    STATED = "stated"  # the person said "I have the right to share this"
    NONE = "none"
    NOT_ASKED = "not_asked"  # the question is about the machine, not about a folder


class Rule(StrEnum):
    """What decided."""

    POLICY_DAMAGED = "policy_damaged"
    POLICY = "policy"
    UNREADABLE = "unreadable"
    UNASKED = "unasked"
    REFUSED = "refused"
    OUTDATED = "outdated"
    FOLDER = "folder"
    DO_NOT_TRACK = "do_not_track"
    CI = "ci"
    EDITOR = "editor"
    RIGHT = "right"
    CHOSEN = "chosen"  # nobody said no


@dataclass(frozen=True, slots=True)
class Policy:
    """What an organisation allows on its machines; it can forbid, never switch on."""

    forbids: frozenset[Switch] = frozenset()
    damaged: bool = False

    def stance(self, switch: Switch) -> Stance:
        """What it says to one switch."""
        if self.damaged:
            return Stance.DAMAGED
        return Stance.FORBIDS if switch in self.forbids else Stance.SILENT


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that is known when somebody asks whether a switch is on."""

    user: Answer  # for the machine
    folder: Answer = Answer.UNASKED  # for the folder that is asked about, or one around it
    policy: Stance = Stance.SILENT
    editor: Telemetry = Telemetry.UNSAID
    do_not_track: bool = False
    ci: bool = False
    right: Right = Right.NOT_ASKED


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a switch is on, and by which rule."""

    switch: Switch
    rule: Rule

    @property
    def allowed(self) -> bool:
        """Whether it is on."""
        return self.rule is Rule.CHOSEN

    @property
    def reason(self) -> str:
        """The rule in words, with the remedy where there is one."""
        sentence = _SENTENCES[self.rule]
        return sentence.format(title=self.switch.subject, command=self.switch.command)


def decide(switch: Switch, known: Circumstances) -> Decision:
    """Whether `switch` is on: the strictest wins."""
    objections = {
        Rule.POLICY_DAMAGED: known.policy is Stance.DAMAGED,
        Rule.POLICY: known.policy is Stance.FORBIDS,
        Rule.UNREADABLE: Answer.UNREADABLE in (known.user, known.folder),
        Rule.UNASKED: known.user is Answer.UNASKED,
        Rule.REFUSED: known.user is Answer.NO,
        Rule.OUTDATED: known.user is Answer.OUTDATED,
        Rule.FOLDER: known.folder is Answer.NO,
        Rule.DO_NOT_TRACK: known.do_not_track,
        Rule.CI: known.ci,
        Rule.EDITOR: known.editor is Telemetry.OFF,
        Rule.RIGHT: known.right is Right.NONE,
    }
    ignored = _IGNORED[switch]
    said = (rule for rule, objects in objections.items() if objects and rule not in ignored)
    return Decision(switch, next(said, Rule.CHOSEN))


# Rules that say nothing about a switch; every other rule counts.
_IGNORED: Final[dict[Switch, frozenset[Rule]]] = {
    # What is recorded stays here: an editor's setting for sending has no say, nor has a licence.
    Switch.RECORD: frozenset({Rule.EDITOR, Rule.RIGHT}),
    Switch.CONTRIBUTE: frozenset(),
    Switch.HISTORY: frozenset({Rule.RIGHT}),  # `contribute` is asked, too, and says that
    Switch.METRICS: frozenset({Rule.RIGHT}),  # numbers are nobody's code
    # Nothing is shared with others: it is the endpoint that this person chose.
    Switch.TEACHER_ENDPOINT: frozenset({Rule.RIGHT}),
}

_SENTENCES: Final[dict[Rule, str]] = {
    Rule.POLICY_DAMAGED: "{title} is off: your organisation's policy file cannot be understood; "
    "tell whoever looks after it.",
    Rule.POLICY: "{title} is off: your organisation's policy forbids it.",
    Rule.UNREADABLE: "{title} is off: the record of your choices (consent.jsonl) is damaged or "
    "cannot be read; move it away and choose again.",
    Rule.UNASKED: "{title} is off: switch it on with `{command} on`.",
    Rule.REFUSED: "You switched it off: switch it on with `{command} on`.",
    Rule.OUTDATED: "What you agreed to has changed since: read it again and switch it on with "
    "`{command} on`.",
    Rule.FOLDER: "You switched it off in this folder: `{command} on --workspace FOLDER` takes "
    "that back.",
    Rule.DO_NOT_TRACK: "DO_NOT_TRACK is set in the environment, which is stricter than your "
    "choice.",
    Rule.CI: "CI is set in the environment, which is stricter than your choice.",
    Rule.EDITOR: "Telemetry is switched off in an editor of yours, which is stricter than your "
    "choice.",
    Rule.RIGHT: "No permissive licence was found here: if you have the right to share this code, "
    "say so with `{command} on --i-have-the-right --workspace FOLDER`.",
    Rule.CHOSEN: "You switched it on.",
}


# --- the environment --------------------------------------------------------------------------

_NO: Final = ("", "0", "false", "no", "off")  # how these two variables are denied in practice


def is_set(value: str | None) -> bool:
    """Whether DO_NOT_TRACK or CI, with this value, means yes."""
    return (value or "").strip().lower() not in _NO


# --- the organisation's policy ----------------------------------------------------------------


def policy_of(content: bytes | None) -> Policy:
    """The policy in a file; None where there is no file. What cannot be understood forbids all.

    [consent]
    record = "allowed"
    contribute = "forbidden"
    """
    if content is None:
        return Policy()
    try:
        if len(content) > POLICY_BYTES_MAX:
            return Policy(damaged=True)
        tables = tomllib.loads(content.decode())
    except (ValueError, RecursionError):
        return Policy(damaged=True)
    rows = tables.get("consent")
    if set(tables) != {"consent"} or not isinstance(rows, dict):
        return Policy(damaged=True)
    known = {switch.value: switch for switch in Switch}
    if any(name not in known or said not in _POLICY_WORDS for name, said in rows.items()):
        return Policy(damaged=True)
    return Policy(frozenset(known[name] for name, said in rows.items() if said == _FORBIDDEN))


_FORBIDDEN: Final = "forbidden"
_POLICY_WORDS: Final = ("allowed", _FORBIDDEN)


# --- the right to share -----------------------------------------------------------------------

# SPDX identifiers of licences that let anybody use the code for anything, given attribution.
PERMISSIVE: Final = frozenset(
    {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "ISC", "MIT",
     "MIT-0", "Unlicense", "Zlib"}
)  # fmt: skip


def right_of(licences: frozenset[str], *, stated: bool) -> Right:
    """Why a folder's code may be shared. `licences`: SPDX identifiers of all that were found there;
    one that is not known to be permissive (also an unknown one) takes the right away."""
    if licences and licences <= PERMISSIVE:
        return Right.PERMISSIVE
    return Right.STATED if stated else Right.NONE
