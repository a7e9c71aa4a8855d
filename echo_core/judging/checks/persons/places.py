"""Places: home folders, which name their owner, and streets with a number.

Left out: this machine's own home (`names`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import regex

from echo_core.judging.checks.persons.kinds import Kind
from echo_core.judging.checks.persons.names import is_nobody
from echo_core.judging.checks.scan import Scan

_OWNER: Final = r"(?P<owner>[A-Za-z][\w.-]{1,31})"
_REST: Final = r"(?:[/\\]{1,2}[^\s\"'`<>|:;,()\[\]{}*?]{0,120})?"
_HOMES: Final = (
    ("/home/", regex.compile(rf"(?<![\w.])/home/{_OWNER}(?![\w.-]){_REST}")),
    ("/Users/", regex.compile(rf"(?<![\w.])/Users/{_OWNER}(?![\w.-]){_REST}")),
    (
        ":\\",
        regex.compile(
            rf"[A-Za-z]:\\{{1,2}}(?:Users|Documents and Settings)\\{{1,2}}{_OWNER}(?![\w.-]){_REST}"
        ),
    ),
    (":/", regex.compile(rf"[A-Za-z]:/Users/{_OWNER}(?![\w.-]){_REST}")),
)
_LEAD: Final = {":\\": 1, ":/": 1}
_PLACEHOLDER_OWNERS: Final = regex.compile(
    r"(?:your|my|some|the)[\w.-]*|user[\w-]{0,8}|username|.*name|public|shared|all users|x{2,}|"
    r"foo|bar"
    r"|baz|alice|bob|john|jane|johndoe|janedoe|john\.?doe|linuxbrew|homebrew|lib|bin|src|etc|share",
    regex.IGNORECASE,
)

_STREET_WORDS: Final = (
    r"(?:Street|Str\.|St\.|Avenue|Ave\.?|Road|Rd\.?|Boulevard|Blvd\.?|Lane|Ln\.?|Drive|Dr\."
    r"|Terrace|Parkway|Pkwy\.?|Highway|Hwy\.?|Crescent|Close|Court|Ct\.)"
)
_STREETS: Final = (
    # 12 Bay Street, 1600 Pennsylvania Ave NW
    regex.compile(
        rf"(?<![\w.,:/-])\d{{1,5}}[A-Za-z]?,? (?:[NSEW]\.? )?(?:[A-Z][\w'’-]{{1,20}} ){{1,3}}"
        rf"{_STREET_WORDS}(?!\w)"
        r"(?:,? (?:Apt|Suite|Unit|#)\.? ?\w{1,5})?"
    ),
    # Hauptstraße 12, Lindenallee 3a, Kerkstraat 4
    regex.compile(
        r"(?<!\w)(?:[A-ZÄÖÜ][\wäöüß-]{2,30}(?:stra(?:ß|ss)e|str\.|allee|weg|gasse|platz|straat|"
        r"laan|gracht|gatan)"
        r"|(?:Am|An der|Auf dem|Im) [A-ZÄÖÜ][\wäöüß-]{2,30}) \d{1,4} ?[a-z]?(?!\w|\.\d)"
    ),
    # 12 rue de la Paix; Calle de Alcalá 42; Via Roma, 7; Rua Augusta 1500
    regex.compile(
        r"(?<![\w.,:/-])\d{1,4}(?: ?(?:bis|ter))?,? (?:rue|avenue|boulevard|place|quai|chemin|"
        r"all[ée]e)"
        r"(?: (?:de|du|des|la|le|les|l['’]))* ?[A-ZÉÈ][\w'’éèêàçô-]{1,30}(?: [A-ZÉ][\w'’éèêàçô-"
        r"]{1,30}){0,2}"
    ),
    regex.compile(
        r"(?<!\w)(?:Calle|Avenida|Avda\.|Paseo|Plaza|Via|Viale|Piazza|Corso|Rua|Travessa)"
        r"(?: (?:de|del|della|dei|di|da|do|dos|la|las|los|el))* [A-ZÁÉÍ][\w'’áéíóúñãç-]{1,30}"
        r"(?: [A-ZÁÉÍ][\w'’áéíóúñãç-]{1,30}){0,2},? (?:n[º°.] ?)?\d{1,4}(?!\w|\.\d)"
    ),
)
# Foundations print theirs at the head of licences.
_OFFICES: Final = ("franklin st", "temple place", "massachusetts ave, cambridge", "market st")


def find(scan: Scan) -> Iterator[tuple[Kind, int, int]]:
    """Home folders and streets."""
    for literal, pattern in _HOMES:
        for at in scan.places(literal):
            start = at - _LEAD.get(literal, 0)
            found = scan.match(pattern, start, 200) if start >= 0 else None
            if found is not None and _is_somebody(found["owner"]):
                yield Kind.PATH, found.start(), found.end()
    for street in _STREETS:
        for found in scan.each(street, 120):
            if not any(office in found[0].lower() for office in _OFFICES):
                yield Kind.ADDRESS, found.start(), found.end()


def _is_somebody(owner: str) -> bool:
    return _PLACEHOLDER_OWNERS.fullmatch(owner) is None and not is_nobody(owner)
