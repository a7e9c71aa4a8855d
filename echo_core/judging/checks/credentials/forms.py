"""Tokens whose form says whose they are: a literal, an alphabet, a length.

Left out: the tables themselves (`forms_cloud`, `forms_code`, `forms_services`, `forms_money`).

Rules
 - A row is (name, literal, what follows), the last as a pattern in which `%x` names an alphabet.
 - A row with `lead` has characters before its literal, so many; then the pattern begins with them.
 - No form is found inside of a word. What follows has a longest length, so a look is short.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import regex

from echo_core.judging.checks.causes import Cause
from echo_core.judging.checks.credentials import (
    forms_cloud,
    forms_code,
    forms_money,
    forms_services,
)
from echo_core.judging.checks.credentials.placeholders import is_filler
from echo_core.judging.checks.scan import Hit, Scan

REACH_CHARS: Final = 420  # the longest stretch of a token that is looked at

_ALPHABETS: Final = {
    "%a": "[A-Za-z0-9]",
    "%b": "[A-Za-z0-9+/]",
    "%d": "[0-9]",
    "%h": "[0-9a-f]",
    "%H": "[0-9A-Fa-f]",
    "%l": "[0-9a-z]",
    "%U": "[0-9A-Z]",
    "%w": "[A-Za-z0-9_-]",
    "%W": "[A-Za-z0-9_.=-]",
    "%g": "%h{8}-%h{4}-%h{4}-%h{4}-%h{12}",
}


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of token. `pattern` matches from `lead` characters before the literal on."""

    name: str
    literal: str
    pattern: regex.Pattern[str]
    lead: int = 0


def spelled(pattern: str) -> str:
    """`pattern` with the alphabets in the place of their names."""
    for name in ("%g", *(name for name in _ALPHABETS if name != "%g")):
        pattern = pattern.replace(name, _ALPHABETS[name])
    return pattern


def _form(row: tuple[str, str, str] | tuple[str, str, str, int]) -> Form:
    name, literal, tail = row[:3]
    lead = row[3] if len(row) == 4 else 0
    body = spelled(tail) if lead else regex.escape(literal) + spelled(tail)
    return Form(name, literal, regex.compile(rf"(?<![A-Za-z0-9_])(?:{body})(?![A-Za-z0-9])"), lead)


FORMS: Final[tuple[Form, ...]] = tuple(
    _form(row)
    for table in (forms_cloud, forms_code, forms_money, forms_services)
    for row in table.ROWS
)


def find(scan: Scan) -> Iterator[Hit]:
    """Tokens of a known form."""
    for form in FORMS:
        for at in scan.places(form.literal):
            start = at - form.lead
            if start < 0:
                continue
            found = scan.match(form.pattern, start, REACH_CHARS)
            if found is not None and not is_filler(found[0]):
                yield Hit(Cause.CREDENTIAL_FORM, form.name, found.start(), found.end())
