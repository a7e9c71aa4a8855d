"""`echo_daemon.structure.trees`: one region differs, and an old tree gives the same new one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from echo_daemon.structure.grammars import Grammars
from echo_daemon.structure.trees import (
    DOCUMENTS_MAX,
    PAUSE_REQUESTS,
    SOURCE_BYTES_MAX,
    Trees,
    difference,
)
from echo_testing.wound_clock import WoundClock

texts = st.text(alphabet="ab(){}[]:'\" \n\té😀", max_size=30)


@given(texts, texts, texts, texts)
def test_the_region_that_differs(start: str, old: str, new: str, end: str) -> None:
    one, other = (start + old + end).encode(), (start + new + end).encode()
    at, one_end, other_end = difference(one, other)
    assert one[:at] == other[:at]
    assert one[one_end:] == other[other_end:]
    assert at <= one_end
    assert at <= other_end
    for source, first, last in ((one, at, one_end), (other, at, other_end)):
        source[first:last].decode()  # no character is cut
    if one == other:
        assert at == one_end == other_end == len(one)


@given(st.sampled_from(["python", "rust", "css"]), st.lists(texts, min_size=2, max_size=6))
def test_a_tree_brought_up_to_date_is_the_tree(language: str, versions: list[str]) -> None:
    grammar = Grammars().get(language)
    assert grammar is not None
    trees = Trees(WoundClock())
    for version in versions:
        later = trees.tree(grammar, version.encode())
        fresh = Trees(WoundClock()).tree(grammar, version.encode())
        assert later is not None
        assert fresh is not None
        if not fresh.root_node.has_error:  # what broken code is taken for may depend on the way
            assert str(later.root_node) == str(fresh.root_node)


def test_documents_are_kept_apart_and_bounded() -> None:
    grammar = Grammars().get("python")
    assert grammar is not None
    trees = Trees(WoundClock())
    for number in range(3 * DOCUMENTS_MAX):
        source = (f"{number}" * 50 + "\n") * 50
        tree = trees.tree(grammar, source.encode())
        assert tree is not None
        assert tree.root_node.end_byte == len(source)
    assert len(trees._documents) == DOCUMENTS_MAX
    assert trees.tree(grammar, b"x" * (SOURCE_BYTES_MAX + 1)) is None


class SlowClock(WoundClock):
    """Every look at it takes a tenth of a second."""

    def steady_ms(self) -> float:
        self.pass_ms(100)
        return super().steady_ms()


def test_what_takes_long_is_not_tried_at_every_key() -> None:
    grammar = Grammars().get("python")
    assert grammar is not None
    clock = SlowClock()
    trees = Trees(clock)
    assert trees.tree(grammar, b"x = 1") is None
    looked = clock.steady_ms()
    for _ in range(PAUSE_REQUESTS):
        assert trees.tree(grammar, b"x = 12") is None
    assert clock.steady_ms() == looked + 100  # nothing was parsed, and so nothing was timed
    quick = Trees(WoundClock())
    assert quick.tree(grammar, b"x = 1") is not None
