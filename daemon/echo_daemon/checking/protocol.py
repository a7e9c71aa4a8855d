"""What goes over the pipes to the process that runs the checks: JSON, a line a message.

Left out: the pipes (`client`, `worker`).

Rules
 - A line that cannot be understood is an error of the side that sent it: it is not to be trusted.
"""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, replace
from typing import Final, TypeAlias

from echo_core.errors import InputError, WireError
from echo_core.judging.checks.boundary import Place
from echo_core.judging.judgement import Judgement, decode, encode
from echo_daemon.distilling.api import Cut, Cuts, Found, Matter

LINE_BYTES_MAX: Final = 8 << 20  # the texts of the largest sample, every character escaped


@dataclass(frozen=True, slots=True)
class Absent:
    """Which checks are not installed?"""


@dataclass(frozen=True, slots=True)
class Prepare:
    """Learn a little more of the workspace that the document lies in."""

    matter: Matter


@dataclass(frozen=True, slots=True)
class CutsOf:
    """Where may the target be cut?"""

    matter: Matter


@dataclass(frozen=True, slots=True)
class Check:
    """What do the checks called `names` say?"""

    matter: Matter
    cut: int
    names: tuple[str, ...]


Question: TypeAlias = Absent | Prepare | CutsOf | Check


def question_line(question: Question) -> bytes:
    """A question as a line."""
    match question:
        case Absent():
            return _line(["absent"])
        case Prepare(matter):
            bare = replace(matter, prefix="", target="", suffix="", proposed="")
            return _line(["prepare", astuple(bare)])
        case CutsOf(matter):
            return _line(["cuts", astuple(matter)])
        case Check(matter, cut, names):
            return _line(["check", astuple(matter), cut, names])


def question_of(line: bytes) -> Question:
    """The reverse of `question_line`.

    Raises:
        WireError: it is none.
    """
    try:
        kind, *rest = json.loads(line)
        if kind == "absent":
            return Absent()
        doc, roots, *texts = rest[0]
        matter = Matter(doc, tuple(roots), *texts)
        if kind == "prepare":
            return Prepare(matter)
        if kind == "cuts":
            return CutsOf(matter)
        _, cut, names = rest
        return Check(matter, cut, tuple(names))
    except (ValueError, TypeError, IndexError) as error:
        raise WireError("not a question to the checks") from error


def absent_line(names: frozenset[str]) -> bytes:
    """The answer to `Absent`."""
    return _line(sorted(names))


def absent_of(line: bytes) -> frozenset[str]:
    """The reverse.

    Raises:
        WireError: it is none.
    """
    try:
        return frozenset(map(str, json.loads(line)))
    except (ValueError, TypeError) as error:
        raise WireError("not a list of checks") from error


def more_line(*, more: bool) -> bytes:
    """The answer to `Prepare`: whether there is more to be learnt."""
    return _line(more)


def more_of(line: bytes) -> bool:
    """The reverse.

    Raises:
        WireError: it is none.
    """
    try:
        more: object = json.loads(line)
    except ValueError as error:
        raise WireError("not a yes or no") from error
    if not isinstance(more, bool):
        raise WireError("not a yes or no")
    return more


def cuts_line(cuts: Cuts) -> bytes:
    """The answer to `CutsOf`."""
    return _line([[astuple(one) for one in cuts.options], cuts.first, cuts.place])


def cuts_of(line: bytes) -> Cuts:
    """The reverse.

    Raises:
        WireError: it is none.
    """
    try:
        options, first, place = json.loads(line)
        return Cuts(tuple(Cut(at, unit) for at, unit in options), first, Place(place))
    except (ValueError, TypeError) as error:
        raise WireError("not a list of cuts") from error


def found_line(found: Found) -> bytes:
    """The answer to `Check`, in a judgement's form."""
    form = Judgement(0, "", 1.0, found.licence, found.verdicts, (), found.redactions)
    return encode(form) + b"\n"


def found_of(line: bytes) -> Found:
    """The reverse.

    Raises:
        WireError: it is none.
    """
    try:
        form = decode(line)
    except InputError as error:
        raise WireError("not a list of verdicts") from error
    return Found(form.verdicts, form.redactions, form.licence)


def _line(message: object) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"
