"""What of a text is written for people: drawings with `«»` around comments and strings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_daemon.structure.api import Parsing
from echo_daemon.structure.grammars import SOURCES
from echo_daemon.structure.prose import TreeSitterProse
from echo_daemon.structure.trees import SOURCE_BYTES_MAX

PARSING: Parsing = TreeSitterProse()


def drawn(language: str, text: str) -> str:
    """`text` with marks around its prose: each span without white space at its ends."""
    spans = PARSING.prose(language, text)
    assert spans is not None
    joined: list[tuple[int, int]] = []
    for span in spans:
        piece = text[slice(*span)]
        start = span[0] + len(piece) - len(piece.lstrip())
        end = span[1] - (len(piece) - len(piece.rstrip()))
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        elif start < end:
            joined.append((start, end))
    for start, end in reversed(joined):
        text = f"{text[:start]}«{text[start:end]}»{text[end:]}"
    return text


@pytest.mark.parametrize(
    ("language", "drawing"),
    [
        ("python", "x = «'a'»  «# b»\n"),
        ("python", 'def f():\n    «"""Doc."""»\n    return «f"a»{b}«c"»\n'),
        ("python", "é = «'ü'» + b  «# ö»\n"),
        ("javascript", "const a = «`t»${u}«v`»; «// c»"),
        ("javascriptreact", 'x = <a b=«"c"»>«hello» {n}</a>;'),
        ("typescript", "let a: string = «'b'»; «/* c */»"),
        ("c", '#include «<a.h>»\nchar *s = «"x"»; «// c»\n'),
        ("go", 's := «`raw`» + «"b"» «// c»\n'),
        ("java", 'String s = «"b"»; «// c»\n'),
        ("rust", 'let s = «r#"raw"#»; «// c»\n'),
        ("cpp", 'auto s = «R"(raw)"»; «// c»\n'),
        ("css", 'a { content: «"b"»; } «/* c */»\n'),
        ("html", '<p title=«"a b"»>«text» & <b>«more»</b></p>«<!-- c -->»'),
        ("vue", "<template><p>«Hi»</p></template>\n<script>\nlet a = «'b'» «// c»\n</script>\n"),
        ("svelte", "<script lang=«\"ts\"»>let a: A = «'b'»</script>\n<p>«Hi»</p>"),
        ("html", '<style lang=«"less"»>«@a: b;»</style>'),
    ],
)
def test_prose(language: str, drawing: str) -> None:
    assert drawn(language, drawing.replace("«", "").replace("»", "")) == drawing


@pytest.mark.parametrize(
    ("language", "text", "prose", "code"),
    [
        # the window begins in a comment or a string
        (
            "python",
            'Made by Ottoline.\n"""\ndef f():\n    """Doc."""\n    return g(1)\n',
            "Ottoline",
            "return",
        ),
        ("c", " * Made by Ottoline.\n */\nint f(int a) { return g(a); }\n", "Ottoline", "return"),
        (
            "javascript",
            " * by Ottoline\n */\nexport function f(a) { return g(a); }\n",
            "Ottoline",
            "return",
        ),
        # and ends in one, or in broken code
        ("python", "x = 1\ny = 'by Ottoline", "Ottoline", "x"),
        ("java", "int x = 1;\n/* by Ottoline", "Ottoline", "x"),
        ("go", "func f( {\n// by Ottoline\nx := 1\n", "Ottoline", "func"),
    ],
)
def test_a_window_that_cuts_prose(language: str, text: str, prose: str, code: str) -> None:
    spans = PARSING.prose(language, text)
    assert spans is not None

    def within(word: str) -> bool:
        at = text.index(word)
        return any(start <= at and at + len(word) <= end for start, end in spans)

    assert within(prose)
    assert not within(code)


def test_what_nobody_can_tell() -> None:
    assert PARSING.prose("unheard-of", "x") is None
    assert PARSING.prose("python", "x" * (SOURCE_BYTES_MAX + 1)) is None
    assert PARSING.prose("python", "") == ()


@given(st.sampled_from([*SOURCES, "vue", "svelte"]), st.text(max_size=200))
def test_spans_lie_in_the_text_and_in_order(language: str, text: str) -> None:
    spans = PARSING.prose(language, text)
    assert spans is not None
    assert list(spans) == sorted(spans)
    assert all(0 <= start < end <= len(text) for start, end in spans)
