"""Which licence a licence file holds, by what it says; the SPDX identifier, or `unknown`.

Only the permissive ones are known: for everything else the answer is the same, "unknown", and
means that contributing needs a person's word.

Left out: where licence files lie (`echo_daemon.permission`), what follows
(`echo_core.sharing.consent`).

Rules
 - A text counts as a licence when it holds that licence's own phrases, none that takes a right
   away again, and not many more words than the licence has: a clause that somebody added is why
   it would be longer.
 - Words are compared, not spaces, case, quotes or line ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

UNKNOWN: Final = "unknown"
LICENCE_CHARS_MAX: Final = 64_000  # the Apache licence has 11,000; a file of several has more


@dataclass(frozen=True, slots=True)
class _Licence:
    identifier: str
    words_max: int  # of the whole file: the licence, its copyright lines, a title
    phrases: tuple[str, ...]  # all of them, as `_words` writes them
    absent: tuple[str, ...] = ()


_GRANT = "permission is hereby granted free of charge to any person obtaining a copy"
_BSD = (
    "redistribution and use in source and binary forms with or without modification are permitted "
    "provided that the following conditions are met"
)
_ANY_PURPOSE = "use copy modify and or distribute this software for any purpose with or without fee"
_TAKEN_BACK: Final = ("commons clause", "non commercial", "noncommercial", "for good not evil")
_KNOWN: Final = (
    _Licence(
        "Apache-2.0",
        2100,
        ("apache license version 2 0 january 2004", "grant of patent license", "redistribution"),
    ),
    _Licence("BSL-1.0", 300, ("boost software license version 1 0",)),
    _Licence("CC0-1.0", 1300, ("cc0 1 0 universal", "affirmer", "public license fallback")),
    _Licence(
        "Unlicense",
        320,
        ("this is free and unencumbered software released into the public domain",),
    ),
    _Licence("BSD-3-Clause", 330, (_BSD, "neither the name"), ("advertising materials",)),
    _Licence("BSD-2-Clause", 280, (_BSD,), ("advertising materials", "neither the name")),
    _Licence("ISC", 200, (_ANY_PURPOSE, "provided that the above copyright notice", "as is")),
    _Licence("0BSD", 170, (_ANY_PURPOSE, "as is"), ("provided that",)),
    _Licence(
        "Zlib",
        240,
        ("provided as is without any express or implied warranty", "altered source versions"),
    ),
    _Licence(
        "MIT",
        250,
        (_GRANT, "the above copyright notice and this permission notice", "provided as is"),
        ("advertising or otherwise to promote",),  # the X11 form
    ),
    _Licence("MIT-0", 210, (_GRANT, "provided as is"), ("shall be included",)),
)

# By their identifiers in lower case, as SPDX compares them.
KNOWN: Final = {licence.identifier.lower(): licence.identifier for licence in _KNOWN}


def licence_of(text: str) -> str:
    """The SPDX identifier of the one permissive licence that `text` is, else `unknown`."""
    if len(text) > LICENCE_CHARS_MAX:
        return UNKNOWN
    words = _words(text)
    whole = " ".join(words)
    if any(phrase in whole for phrase in _TAKEN_BACK):
        return UNKNOWN
    for licence in _KNOWN:
        if (
            len(words) <= licence.words_max
            and all(phrase in whole for phrase in licence.phrases)
            and not any(phrase in whole for phrase in licence.absent)
        ):
            return licence.identifier
    return UNKNOWN


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())
