"""The faults that the benchmark plants are faults, its clean twins are clean, and it counts right.

On code of our own, so that nothing is fetched.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from bench import corpus, cuts, misnamed, mutations, planted, trials, verify
from bench.corpus import CorpusError, Package, Source
from echo_core import limits
from echo_core.judging.checks.causes import Cause
from echo_daemon.structure.grammars import Grammars
from tidy.tree import ROOT

PYTHON = ROOT / "echo_core" / "judging" / "checks"
TYPED = ROOT / "bench" / "data"


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    """Our own Python, as two packages, and what the latency is measured on."""
    found = corpus.from_folder(PYTHON)
    half = [Source(one.language, "other", one.path, one.text) for one in found[::2]]
    return found[1::2] + half + corpus.from_folder(TYPED)


def test_a_small_run_finds_faults_and_refuses_little(sources: list[Source]) -> None:
    tally = verify.measured(sources, seed=1, share=0.05)
    told = verify.detail(tally)
    assert told["faulty"] == sum(count.cases for count in tally.faulty.values()) > 20
    found = verify.figures(tally)
    # Few cases: a floor that only a broken check misses, and no claim about the budgets.
    for name in verify.RECALLS:
        value = found[name]
        assert value is not None, name
        assert value >= 0.7, name
    for name in verify.FALSES:
        value = found[name]
        assert value is not None, name
        assert value <= 0.3, name
    assert len(verify.by_eye(tally)) >= len(tally.wrong)


def test_the_same_seed_makes_the_same_cases(sources: list[Source]) -> None:
    def made(seed: int) -> list[trials.Trial]:
        workshop = trials.Workshop(sources, seed)
        return [one for pair in workshop.pairs("syntax", "python", 8) for one in pair]

    assert made(1) == made(1)
    assert made(1) != made(2)


def test_broken_python_does_not_compile_and_its_twin_does(sources: list[Source]) -> None:
    rng = random.Random(3)
    made = 0
    for source in [one for one in sources if one.language == "python"]:
        page = cuts.Page(source, Grammars())
        for kind in mutations.SYNTAX:
            at = cuts.target(source.text, rng)
            assert at is not None
            target = mutations.broken(page.place(*at), kind, rng)
            if target is None:
                continue
            made += 1
            text = source.text[: at[0]] + target + source.text[at[1] :]
            assert not mutations.compiles(text)
            assert target != source.text[slice(*at)]
    assert made > 10


TEXT = 'void f(int count) {\n    int total = count + other;\n    log("a", total);\n}\n'


def place(kind: str, target: str) -> str | None:
    """The target of the drawing with a fault of a kind."""
    page = cuts.Page(Source("java", "p", "a.java", TEXT), Grammars())
    at = TEXT.index(target)
    return mutations.broken(page.place(at, at + len(target)), kind, random.Random(1))


def test_each_kind_of_fault_as_a_person_would_draw_it() -> None:
    assert place("bracket_deleted", 'log("a"') == 'log"a"'
    assert place("string_cut", '"a", total') == '"a, total'
    assert place("swapped", "int total = count") == "int = total count"
    assert place("half_statement", "count + other;") == "count + ;"
    assert place("indentation_broken", "count") is None
    added = place("bracket_added", "total")
    assert added is not None
    assert len(added) == len("total") + 1


def test_only_uses_are_renamed_and_never_to_a_name_that_is_there() -> None:
    page = cuts.Page(Source("java", "p", "a.java", TEXT), Grammars())
    at = TEXT.index('log("a", total)')
    drawn = page.place(at, at + len('log("a", total)'))
    assert [TEXT[one.start : one.end] for one in misnamed.uses(drawn)] == ["total"]
    rng = random.Random(1)
    made = misnamed.undefined(drawn, misnamed.FOREIGN, ["elsewhere"], frozenset(), rng)
    assert made == 'log("a", elsewhere)'
    known = frozenset({"elsewhere"})
    assert misnamed.undefined(drawn, misnamed.FOREIGN, ["elsewhere"], known, rng) is None
    assert misnamed.undefined(drawn, misnamed.FOREIGN, ["count"], frozenset(), rng) is None


def test_a_window_is_cut_as_samples_are() -> None:
    source = Source("python", "p", "a.py", "x = 1\n" * 5000)
    case = cuts.case(source, 12_000, 12_005)
    assert len(case.prefix) == limits.SAMPLE_PREFIX_CHARS_MAX
    assert len(case.suffix) == limits.SAMPLE_SUFFIX_CHARS_MAX
    assert case.target == source.text[12_000:12_005]


def test_what_only_looks_so_must_not_be_dropped() -> None:
    kinds = {one.name.partition(":")[0] for one in planted.INJECTORS}
    assert kinds == {"secret", "personal", "malicious", "clean"}
    assert set(trials.PLAN) >= kinds - {"clean"}
    faults = len(trials.SEVEN) * sum(trials.PLAN.values())
    assert faults >= 5000


def test_what_is_missed_is_not_counted_as_found() -> None:
    sound = Source("python", "p", "a.py", "x = 1\n" * 200)
    workshop = trials.Workshop([sound], 1)
    tally = verify.Tally()
    case = cuts.case(sound, 0, 5)
    wanted = trials.Trial("syntax:none", case, frozenset({Cause.SYNTAX_WORSE}), "p")
    verify.Examiner(workshop).look(wanted, tally)
    assert tally.share("syntax", faulty=True) == 0
    assert tally.share("syntax", faulty=False) is None
    assert [how for how, _ in tally.wrong] == ["missed"]


def test_the_list_of_packages_is_whole() -> None:
    listed = corpus.packages()
    assert len({one.sha256 for one in listed}) == len(listed)
    assert {"python", "typescript", "java", "go", "c", "cpp", "rust"} <= {
        language for one in listed for language in one.languages
    }
    assert all(one.tool in {"wheel", "npm", "deb"} for one in listed)


def test_a_package_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    nowhere = Package("npm", str(tmp_path / "no-such-folder"), "1", frozenset(), "0" * 64)
    with pytest.raises(CorpusError, match="--corpus"):
        corpus.fetched(nowhere, tmp_path)
    assert not list(tmp_path.glob("*.npm"))


def test_what_a_program_wrote_is_no_corpus(tmp_path: Path) -> None:
    long = "x = 1\n" * 200
    for name, text in (
        ("a.py", long),
        ("made.py", "# Code generated by a tool. DO NOT EDIT.\n" + long),
        ("wide.py", long + "y = '" + "a" * 500 + "'\n"),
        ("short.py", "x = 1\n"),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "raw.py").write_bytes(b"\xff\xfe" * 600)
    assert [one.path for one in corpus.from_folder(tmp_path)] == ["a.py"]
