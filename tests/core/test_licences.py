"""Licences are known by what they say; whatever is added or unknown is unknown."""

from __future__ import annotations

import pytest

from echo_core.sharing.licences import LICENCE_CHARS_MAX, UNKNOWN, licence_of
from echo_testing.licence_texts import BSD_3, ISC, MIT, ZERO_BSD

BSD_2 = BSD_3[: BSD_3.index("3. Neither")] + BSD_3[BSD_3.index("THIS SOFTWARE") :]


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        (MIT, "MIT"),
        (ISC, "ISC"),
        (ZERO_BSD, "0BSD"),
        (BSD_3, "BSD-3-Clause"),
        (BSD_2, "BSD-2-Clause"),
    ],
)
def test_a_licence_is_known_however_it_is_laid_out(text: str, identifier: str) -> None:
    assert licence_of(text) == identifier
    assert licence_of(text.upper().replace("\n", "\r\n   ")) == identifier
    assert licence_of("The Licence\n\nCopyright 2026 Ann Example\n" + text) == identifier


@pytest.mark.parametrize(
    "text",
    [
        "",
        "All rights reserved.",
        MIT.replace("sell", "keep").replace("Permission is hereby granted", "Nothing is granted"),
        MIT + "\nThe Software shall be used for Good, not Evil.",
        MIT + "\nCommons Clause applies.",
        MIT + "\nNon-commercial use only.",
        MIT + "\nand furthermore " * 100,
        BSD_3 + "\nAll advertising materials must display this sentence.",
        "x" * (LICENCE_CHARS_MAX + 1),
    ],
)
def test_everything_else_is_unknown(text: str) -> None:
    assert licence_of(text) == UNKNOWN
