"""What is no code that anybody meant to keep, or is not this user's: debris.

Left out: parsing (`particulars`), what files are foreign (`echo_core.experience.foreign`).

Rules
 - Sure of it: dropped. Likely, such as a program's only `print(x)`: marked, with half the quality.
 - Output is no debris in a program that speaks: one with more of it around, a script, a test.
 - A folder or a head that is not seen tells nothing: a prefix may begin in the middle of a file.
 - What was found by eye where it fires wrongly stands in docs/verification.md.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from echo_core.experience import foreign
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.particulars import Call, Particulars
from echo_core.judging.checks.verdict import Finding, Verdict
from echo_core.text.document import first_line, last_line, split_lines

NAME: Final = "debris"
VERSION: Final = 1

LIKELY_QUALITY: Final = 0.5
LINE_CHARS_MAX: Final = 1000  # nobody writes longer ones
MINIFIED_CHARS_PER_LINE: Final = 200  # of the whole text; people's code has about 35
MINIFIED_CHARS_MIN: Final = 2000  # below this a mean says nothing

_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7})(?: .*)?$|^={7}$", re.MULTILINE)
_SIDE = re.compile(r"^(?:<{7}|>{7})(?: |$)", re.MULTILINE)
_LICENCE = re.compile(
    r"SPDX-License-Identifier:|\bLicensed (?:under|to) the\b|\bPermission is hereby granted\b"
    r"|\bcopyright(?: \(c\)| ©)?,? (?:19|20)\d\d\b|\(c\) copyright\b|©[ ]?(?:19|20)\d\d\b"
    r"|\bRedistribution and use in source and binary forms\b|\bAll rights reserved\b"
    r"|\bGNU (?:Lesser |Affero )?General Public License\b",
    re.IGNORECASE,
)
_COMMENT_LINE = re.compile(r"^[ \t]*(?:#|//|/?\*|--|;|%).*", re.MULTILINE)
# What stops a program for its author, and nobody else.
_STOPS = re.compile(
    r"\bdbg!\s*\(|\bbreakpoint\(\s*\)|\b(?:i?pdb|pudb)\.set_trace\(|\bdebugger\s*;?\s*$"
    r"|\bbinding\.(?:pry|irb)\b|\bvar_dump\s*\(",
    re.MULTILINE,
)
_OUTPUT: Final = {
    "python": frozenset({"print", "pprint", "pprint.pprint", "pp"}),
    "javascript": frozenset({"alert", "console.debug", "console.dir", "console.log"}),
    "java": frozenset({"System.out.print", "System.out.println", "System.err.println"}),
    "go": frozenset({"fmt.Print", "fmt.Println", "fmt.Printf", "print", "println"}),
    "rust": frozenset({"eprintln!", "println!"}),
    "c": frozenset({"printf", "puts"}),
    "cpp": frozenset({"printf", "puts", "cout", "std::cout"}),
}
_SAME: Final = {
    **dict.fromkeys(("javascriptreact", "svelte", "typescript", "typescriptreact", "vue", "html"),
                    "javascript"),
}  # fmt: skip
# A program speaks where its name or folder says so: then output is what it is for.
_SPEAKS = re.compile(
    r"(?:^|/)(?:bench(?:mark)?s?|bin|cli|cmd|demos?|examples?|scripts?|tests?|tools?|tutorials?)/"
    r"|(?:^|/)(?:test_[^/]*|[^/]*_test|[^/]*\.test|[^/]*\.spec|__main__|main|cli|setup|conftest)"
    r"\.\w+$"
)
_SCRIPT = re.compile(r"^#!|^if __name__ == |\bargparse\b|\bint main\(|^func main\(|^fn main\(",
                     re.MULTILINE)  # fmt: skip
_SURE: Final = frozenset(
    {"am here", "asdf", "debug", "fuck", "got here", "here", "here i am", "i am here", "im here",
     "in here", "lol", "reached", "reached here", "shit", "wtf"}
)  # fmt: skip
_WEAK: Final = frozenset(
    {"a", "after", "b", "bar", "before", "c", "called", "foo", "hello", "hello world", "hey", "hi",
     "no", "ok", "one", "test", "testing", "two", "working", "works", "yes"}
)  # fmt: skip
_NOT_SAID = re.compile(r"\\.|%[-+ #0-9.]*[a-zA-Z]|\$?\{[^{}]*\}")  # escapes, places for values
_NAMED_VALUE = re.compile(r"\{[^{}]+=\}")  # f"{x=}"
_NAME = re.compile(r"[\w.\[\]]+")
# What is written for somebody to read, and what went wrong, are told on purpose.
_TOLD = re.compile(
    r"(?:banner|buf|buffer|content|doc|e|err|errors?|ex|exc|exception|help|html|info|json|lines?"
    r"|messages?|msg|output|out|page|prompt|reason|report|s|status|str|string|summary|table|text"
    r"|usage|version|warning)s?"
)
_ONE_LETTER = re.compile(r"([a-z])\1{2,}")
_MARKS_ONLY = re.compile(r"[^\w\s]{3,}")

_WORDS = re.compile(r"[^\W\d_]+")
_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS: Final = frozenset(
    pair for row in _ROWS for a, b in pairwise(row) for pair in (a + b, b + a)
)
MASHED_SHARE: Final = 0.75  # of a word's steps that go to the key beside
MASHED_VOWELS_MAX: Final = 0.25  # of its letters: `were` has half
MASHED_LETTERS_MIN: Final = 4
# Keys that were meant for the editor: vi's, on a line of their own.
_COMMANDS = re.compile(r":(?:w|q|wq|x|qa|wa|wqa)!?|([hjklxu])\1{2,}|ZZ|(?:dd|yy|gg){2,}")


def judge(case: Case, facts: Particulars) -> Verdict:
    """Whether the target is debris."""
    cause = _file(case)
    if cause is not None:
        return Verdict(NAME, VERSION, Finding.DROPPED, cause, quality=0.0)
    found = _text(case, facts) or _output(case, facts)
    if found is None:
        return Verdict(NAME, VERSION, Finding.PASSED, facts=(("read", int(facts.read)),))
    cause, start, end, sure = found
    spans = ((case.start + start, case.start + end),)
    if sure:
        return Verdict(NAME, VERSION, Finding.DROPPED, cause, spans, quality=0.0)
    return Verdict(NAME, VERSION, Finding.MARKED, cause, spans, quality=LIKELY_QUALITY)


def _file(case: Case) -> Cause | None:
    """What is wrong with the file, whatever the target is."""
    if foreign.is_vendored(case.path):
        return Cause.VENDORED
    if foreign.is_minified(case.path):
        return Cause.MINIFIED
    if foreign.is_made(case.path) or foreign.says_made(case.prefix):
        return Cause.GENERATED
    whole = case.whole
    line = last_line(case.prefix, 0, case.start) + first_line(whole, case.start, len(whole))
    longest = max(map(len, split_lines(case.target)))
    if max(len(line), longest) > LINE_CHARS_MAX:
        return Cause.MINIFIED
    lines = 1 + whole.count("\n")
    dense = len(whole) > MINIFIED_CHARS_MIN and len(whole) / lines > MINIFIED_CHARS_PER_LINE
    return Cause.MINIFIED if dense else None


def _text(case: Case, facts: Particulars) -> tuple[Cause, int, int, bool] | None:
    """What the target's text alone tells: cause, where, and that it is sure."""
    target = case.target
    marker = _CONFLICT.search(target)
    if marker is not None and _SIDE.search(case.whole):
        return Cause.CONFLICT_MARKER, marker.start(), marker.end(), True
    for start, end in _comments(target, facts):
        if _LICENCE.search(target, start, end):
            return Cause.LICENCE_HEADER, start, end, True
    if _mashed(case, facts):
        return Cause.MASHED_KEYS, 0, len(target), True
    stop = _STOPS.search(facts.code(target)) if facts.read else None
    if stop is not None:
        return Cause.DEBUG_LEFTOVER, stop.start(), stop.end(), True
    return None


def _comments(target: str, facts: Particulars) -> list[tuple[int, int]]:
    """Where comments are; lines that begin with a comment's mark where there is no grammar."""
    if facts.read:
        return [(comment.start, comment.end) for comment in facts.comments]
    return [line.span() for line in _COMMENT_LINE.finditer(target)]


def _mashed(case: Case, facts: Particulars) -> bool:
    """Whether most of what was written are keys beside each other."""
    target = case.target.strip()
    line = last_line(case.prefix, 0, case.start) + first_line(case.suffix, 0, len(case.suffix))
    if not line.strip() and _COMMANDS.fullmatch(target):
        return True
    words = _WORDS.findall(facts.code(case.target))
    letters = sum(map(len, words))
    mashed = sum(len(word) for word in words if _is_mashed(word.lower()))
    return letters > 0 and 2 * mashed >= letters


def _is_mashed(word: str) -> bool:
    if len(word) < MASHED_LETTERS_MIN:
        return False
    beside = sum(a + b in _NEIGHBOURS for a, b in pairwise(word))
    vowels = sum(letter in "aeiou" for letter in word)
    return beside >= MASHED_SHARE * (len(word) - 1) and vowels <= MASHED_VOWELS_MAX * len(word)


def _output(case: Case, facts: Particulars) -> tuple[Cause, int, int, bool] | None:
    """Output that somebody added to find a fault; the last value says whether that is sure."""
    names = _OUTPUT.get(_SAME.get(case.language, case.language), frozenset())
    calls = [call for call in facts.calls if call.name in names]
    likely: tuple[Cause, int, int, bool] | None = None
    for call in calls:
        said = _said(call)
        if said in _SURE or _ONE_LETTER.fullmatch(said):
            return Cause.DEBUG_LEFTOVER, call.start, call.end, True
        if likely is None and _is_weak(call, said) and not _speaks(case, names):
            likely = (Cause.DEBUG_LEFTOVER, call.start, call.end, False)
    return likely


def _said(call: Call) -> str:
    """The words of a call's literals, bare."""
    text = _NOT_SAID.sub(" ", " ".join(call.literals)).lower().replace("'", "")
    return " ".join(_WORDS.findall(text))


def _is_weak(call: Call, said: str) -> bool:
    """Whether a call says nothing to a user: a name's value, or a word that means nothing."""
    text = " ".join(call.literals)
    if not call.others:
        return said in _WEAK or bool(_NAMED_VALUE.search(text)) or bool(_MARKS_ONLY.fullmatch(text))
    bare = all(_NAME.fullmatch(other) for other in call.others)
    if any(
        _TOLD.fullmatch(name) for other in call.others for name in _WORDS.findall(other.lower())
    ):
        return False
    labels = {name.lower() for other in call.others for name in _WORDS.findall(other)}
    return bare and (said in _WEAK or set(said.split()) <= labels)


def _speaks(case: Case, names: frozenset[str]) -> bool:
    """Whether output is what the program is for."""
    if _SPEAKS.search(case.path.lower()) or _SCRIPT.search(case.before):
        return True
    before = case.before
    return any(f"{name}(" in before or f"{name} <<" in before for name in names)
