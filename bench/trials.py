"""Cases for the checks, made from real code: with a fault of each class, and the same without.

Left out: running checks and counting (`bench.verify`), the faults themselves (`bench.mutations`,
`bench.misnamed`, `bench.planted`), real code (`bench.corpus`), where targets are cut
(`bench.cuts`).

Rules
 - Each faulty case has a clean twin: the same cut with what really stood there.
 - Packages count alike, large or small, and so do languages.
 - The same seed and the same code make the same cases.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench import cuts, misnamed, mutations, planted
from bench.corpus import Source
from echo_core.judging.checks.case import Case
from echo_core.judging.checks.causes import Cause
from echo_daemon.names_index.index import FAMILIES
from echo_daemon.structure.faults import FaultFinder
from echo_daemon.structure.grammars import Grammars
from echo_daemon.structure.names import NameFinder, builtins

SEVEN: Final = ("python", "typescript", "javascript", "java", "go", "c", "cpp", "rust")
CLEAN_ONLY: Final = ("vue", "svelte")  # whose faults would be those of the scripts within
TRIES_MAX: Final = 60  # for one case, on average
TURN_TRIES: Final = 20  # before a kind loses its turn
VOID: Final = "void"


@dataclass(frozen=True, slots=True)
class Trial:
    """One case, and what is to be said of it."""

    kind: str  # class and kind: "syntax:swapped"
    case: Case
    expects: frozenset[Cause]  # a drop for one of these; empty: no drop
    package: str

    @property
    def group(self) -> str:
        """The class."""
        return self.kind.partition(":")[0]


Maker = Callable[[Source, random.Random], tuple[Trial, Trial] | None]


class Workshop:
    """Makes trials from one corpus."""

    def __init__(self, sources: Sequence[Source], seed: int) -> None:
        self._grammars = Grammars()
        self._finder = NameFinder(FaultFinder(self._grammars))
        self._seed = seed
        self._files: dict[str, dict[str, list[Source]]] = defaultdict(lambda: defaultdict(list))
        self._pages: dict[tuple[str, str], cuts.Page] = {}
        self.known: dict[tuple[str, str], frozenset[str]] = defaultdict(frozenset)
        for source in sources:
            self._files[source.language][source.package].append(source)

    @property
    def languages(self) -> list[str]:
        """Languages of which there is code."""
        return [one for one in (*SEVEN, *CLEAN_ONLY) if one in self._files]

    def index(self, sources: Sequence[Source]) -> None:
        """Read the names that the files of each package make, as the workspace's index would."""
        for source in sources:
            read = "cpp" if source.language == "h" else source.language
            if read in FAMILIES:
                key = (source.package, FAMILIES[read])
                self.known[key] |= self._finder.definitions(read, source.text)

    def names_of(self, trial: Trial) -> frozenset[str]:
        """What the workspace of a trial makes."""
        return self.known[trial.package, FAMILIES[trial.case.language]]

    def pairs(self, group: str, language: str, count: int) -> Iterator[tuple[Trial, Trial]]:
        """So many faulty cases of a class, each with its clean twin."""
        rng = random.Random(f"{self._seed}/{group}/{language}")
        files = self._files[language]
        packages = sorted(files)
        makers = self._makers(group)
        made = failed = 0
        # Kinds take turns; one that does not fit a language is passed over in the end.
        while made < count and failed < count * TRIES_MAX:
            source = rng.choice(files[rng.choice(packages)])
            pair = makers[(made + failed // TURN_TRIES) % len(makers)](source, rng)
            if pair is None:
                failed += 1
            else:
                made += 1
                yield pair

    def clean(self, group: str, language: str, count: int) -> Iterator[Trial]:
        """So many clean cases, of a language in which nothing is planted."""
        rng = random.Random(f"{self._seed}/{group}/{language}")
        files = self._files[language]
        for _ in range(count * TRIES_MAX):
            if not count:
                return
            source = rng.choice(files[rng.choice(sorted(files))])
            at = cuts.target(source.text, rng)
            if at is not None:
                count -= 1
                kind = f"{group}:clean"
                yield Trial(kind, cuts.case(source, *at), frozenset(), source.package)

    def _makers(self, group: str) -> list[Maker]:
        if group == "syntax":
            return [self._broken(kind) for kind in mutations.SYNTAX]
        if group == "names":
            return [self._undefined(kind) for kind in (*misnamed.KINDS, misnamed.FOREIGN)]
        if group == VOID:
            return [self._void]
        wanted = [one for one in planted.INJECTORS if one.name.startswith(f"{group}:")]
        return [self._planted(injector) for injector in wanted]

    def _page(self, source: Source) -> cuts.Page:
        key = (source.package, source.path)
        if key not in self._pages:
            self._pages[key] = cuts.Page(source, self._grammars)
        return self._pages[key]

    def _broken(self, kind: str) -> Maker:
        def make(source: Source, rng: random.Random) -> tuple[Trial, Trial] | None:
            at = cuts.target(source.text, rng)
            if at is None or (source.language == "python" and not mutations.compiles(source.text)):
                return None
            place = self._page(source).place(*at)
            target = mutations.broken(place, kind, rng) or None  # nothing breaks nothing
            expects = frozenset({Cause.SYNTAX_WORSE})
            return _pair(f"syntax:{kind}", source, at, target, expects)

        return make

    def _undefined(self, kind: str) -> Maker:
        def make(source: Source, rng: random.Random) -> tuple[Trial, Trial] | None:
            at = cuts.target(source.text, rng)
            if at is None:
                return None
            known = self.known[source.package, FAMILIES[source.language]]
            place = self._page(source).place(*at)
            foreign = self._foreign(source, rng) if kind == misnamed.FOREIGN else ("",)
            given = known | builtins(source.language)
            target = misnamed.undefined(place, kind, foreign, given, rng) if foreign else None
            return _pair(f"names:{kind}", source, at, target, frozenset({Cause.NAME_UNKNOWN}))

        return make

    def _foreign(self, source: Source, rng: random.Random) -> list[str]:
        """Names out of another package's file."""
        others = [
            one
            for package, files in sorted(self._files[source.language].items())
            for one in files
            if package != source.package
        ]
        if not others:
            return []
        page = self._page(rng.choice(others))
        text = page.source.text
        found = (text[one.start : one.end] for one in page.tokens if one.kind == "identifier")
        return [name for name in found if len(name) > misnamed.NAME_CHARS_MIN]

    def _planted(self, injector: planted.Injector) -> Maker:
        def make(source: Source, rng: random.Random) -> tuple[Trial, Trial] | None:
            at = cuts.target(source.text, rng)
            if at is None:
                return None
            clean = cuts.case(source, *at)
            faulty = injector.plant(clean, rng)
            if faulty is None:
                return None
            kind = injector.name
            return (
                Trial(kind, faulty, injector.expects, source.package),
                Trial(f"{kind.partition(':')[0]}:clean", clean, frozenset(), source.package),
            )

        return make

    def _void(self, source: Source, rng: random.Random) -> tuple[Trial, Trial] | None:
        """Code kept in the middle of a comment; and nothing kept there."""
        comments = [one for one in self._page(source).tokens if "comment" in one.kind]
        at = cuts.target(source.text, rng)
        if not comments or at is None:
            return None
        comment = rng.choice(comments)
        if comment.end - comment.start < 8:
            return None
        cursor = rng.randrange(comment.start + 3, comment.end - 2)
        kept = source.text[slice(*at)]
        expects = frozenset({Cause.CODE_WHERE_SILENCE})
        return (
            Trial("void:code", cuts.case(source, cursor, cursor, kept), expects, source.package),
            Trial("void:clean", cuts.case(source, cursor, cursor), frozenset(), source.package),
        )


def _pair(
    kind: str,
    source: Source,
    at: tuple[int, int],
    target: str | None,
    expects: frozenset[Cause],
) -> tuple[Trial, Trial] | None:
    if target is None:
        return None
    group = kind.partition(":")[0]
    return (
        Trial(kind, cuts.case(source, *at, target), expects, source.package),
        Trial(f"{group}:clean", cuts.case(source, *at), frozenset(), source.package),
    )


# How many faulty cases of each class a language gets: 5,000 and more in eight of them.
PLAN: Final[Mapping[str, int]] = {
    "syntax": 240,
    "names": 160,
    "secret": 110,
    "personal": 90,
    "malicious": 30,
    VOID: 30,
}
LOOKALIKES: Final = 40  # a language: what only looks like one, and must not drop anything
