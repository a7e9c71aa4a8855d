"""The exact names of a machine, its user and their colleagues, and where they stand in a text.

Left out: gathering them (`echo_daemon.identity`).

Rules
 - A full name counts in any spelling that programs make of it: `Ada Lovelace`, `ada.lovelace`,
   `AdaLovelace`, `Lovelace, Ada`.
 - A login, or one part of a name, counts as a whole word and only where it is no word of any
   language or program: `root`, `test`, `Mark`, `Grant` name nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import Final

import regex

from echo_core.judging.checks.persons.kinds import Kind
from echo_core.judging.checks.scan import Scan

NAME_CHARS_MAX: Final = 100  # of one name; longer ones are sentences
PARTS_MAX: Final = 6
PART_CHARS_MIN: Final = 3  # two letters stand in every text
NAMES_MAX: Final = 600  # of people; a look costs as many searches
REACH_CHARS: Final = 160

# Logins that thousands of machines have, and parts of names that are words of programs.
_NOBODY: Final = frozenset(
    {
        *("root", "admin", "administrator", "user", "users", "ubuntu", "debian", "fedora", "arch"),
        *("centos", "vagrant", "docker", "runner", "build", "builder", "jenkins", "travis", "ci"),
        *("git", "github", "gitlab", "node", "app", "apps", "www", "web", "http", "data", "home"),
        *("test", "tests", "tester", "testing", "demo", "dev", "devel", "developer", "guest"),
        *("nobody", "daemon", "system", "service", "server", "local", "localhost", "host", "bot"),
        *("default", "python", "java", "rust", "linux", "mac", "macbook", "windows", "desktop"),
        *("laptop", "pi", "raspberrypi", "postgres", "mysql", "redis", "oracle", "ec2-user"),
        *("azureuser", "opc", "codespace", "vscode", "jovyan", "coder", "gitpod", "workspace"),
        *("admin1", "user1", "me", "you", "self", "this", "that", "main", "master", "unknown"),
        *("your", "name", "first", "last", "example", "anonymous", "none", "null", "true", "false"),
        *("action", "actions", "dependabot", "renovate", "release", "support", "team", "the"),
        *("mark", "grant", "will", "page", "case", "hash", "line", "field", "fields", "price"),
        *("cook", "baker", "hunter", "rose", "art", "bill", "chase", "chip", "dash", "drew"),
        *("hope", "grace", "joy", "max", "min", "may", "april", "june", "august", "summer"),
        *("sky", "robin", "rich", "rob", "sue", "pat", "gene", "miles", "mason", "frank", "guy"),
        *("ray", "jack", "josh", "lane", "heath", "dale", "glen", "cliff", "forest", "brook"),
        *("king", "queen", "knight", "bishop", "young", "old", "long", "short", "small", "little"),
        *("white", "black", "green", "brown", "gray", "grey", "gold", "silver", "stone", "wood"),
        *("woods", "hill", "bush", "rivers", "park", "parks", "wall", "walls", "gates"),
        *("bell", "ball", "cross", "day", "week", "snow", "rain", "winter", "frost", "fox", "wolf"),
        *("bird", "lamb", "fisher", "hall", "house", "church", "temple", "street", "lee", "van"),
        *("von", "der", "den", "del", "dos", "los", "bin", "ibn", "san", "char", "int", "str"),
        *("key", "keys", "set", "get", "list", "map", "power", "powers", "love", "best"),
        *("good", "sharp", "strong", "swift", "ruby", "perl", "pearl", "crystal", "julia", "ada"),
        *("pascal", "haskell", "dart", "elm", "scala", "coffee", "bean", "beans", "pan", "pool"),
    }
)
_SHARED_HOMES: Final = frozenset({"root", "home", "users", "home/user", "var", "tmp"})
_SEPARATORS: Final = r"[ ._\-+,]{0,2}"
_NO_LETTER_BEFORE: Final = r"(?<![^\W_])"
_NO_LETTER_BEHIND: Final = r"(?![^\W_])"


@dataclass(frozen=True, slots=True)
class LocalNames:
    """What this machine is called, and who works at it. A value: nothing here is looked up."""

    people: tuple[str, ...] = ()  # full names: git's, the system's, authors of the workspace
    emails: tuple[str, ...] = ()
    logins: tuple[str, ...] = ()
    homes: tuple[str, ...] = ()  # absolute paths of home folders
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Look:
    kind: Kind
    literal: str  # in lower case; every match begins with it; "" where it begins otherwise
    pattern: regex.Pattern[str]


@lru_cache(maxsize=8)
def looks_for(names: LocalNames) -> tuple[_Look, ...]:
    """What is looked for, made once for a machine's names."""
    looks = [*_homes(names.homes), *_whole_names(names)]
    looks += [look for name in names.people[:NAMES_MAX] for look in _person(name)]
    return tuple(dict.fromkeys(looks))


def find(scan: Scan, names: LocalNames) -> Iterator[tuple[Kind, int, int]]:
    """Where any of the names stands."""
    for look in looks_for(names):
        if not look.literal:
            for found in scan.each(look.pattern, REACH_CHARS):
                yield look.kind, found.start(), found.end()
            continue
        for at in scan.places_folded(look.literal):
            match = scan.match(look.pattern, at, REACH_CHARS)
            if match is not None:
                yield look.kind, match.start(), match.end()


def _homes(homes: Iterable[str]) -> Iterator[_Look]:
    for home in homes:
        bare = home.rstrip("/\\")
        if len(bare) < PART_CHARS_MIN or bare.lower().strip("/") in _SHARED_HOMES:
            continue
        for written in dict.fromkeys((bare, bare.replace("\\", "\\\\"), bare.replace("\\", "/"))):
            behind = r"(?![\w-])[^\s\"'`<>|:;,()\[\]{}*?]{0,120}"
            yield _look(Kind.PATH, written, regex.escape(written) + behind)


def _whole_names(names: LocalNames) -> Iterator[_Look]:
    for email in names.emails[:NAMES_MAX]:
        if "@" in email.strip("@") and len(email) <= NAME_CHARS_MAX:
            yield _look(Kind.EMAIL, email, _whole(regex.escape(email)))
    for kind, words in ((Kind.HOST, names.hosts), (Kind.WORD, names.logins)):
        for word in words[:NAMES_MAX]:
            if _is_telling(word):
                yield _look(kind, word, _whole(regex.escape(word)))


def _person(name: str) -> Iterator[_Look]:
    parts = [part for part in regex.split(r"[\s,]+", name.strip()) if part][:PARTS_MAX]
    if len(name) > NAME_CHARS_MAX:
        return
    if len(parts) > 1:
        first, last = parts[0], parts[-1]
        for order in (parts, [last, *parts[:-1]], [first, last], [last, first]):
            spelled = _SEPARATORS.join(regex.escape(part) for part in order)
            yield _look(Kind.NAME, order[0], _whole(spelled))
    for part in parts:
        if _is_telling(part):  # as it is written: in lower case it may be a word (`song`)
            spelled = "|".join(regex.escape(word) for word in dict.fromkeys((part, part.upper())))
            yield _look(Kind.WORD, part, _whole(spelled), 0)


def is_nobody(word: str) -> bool:
    """Whether a login is one that thousands of machines have."""
    return word.lower().strip("._-0123456789") in _NOBODY


def _is_telling(word: str) -> bool:
    return (
        PART_CHARS_MIN <= len(word) <= NAME_CHARS_MAX
        and not is_nobody(word)
        and any(char.isalpha() for char in word)
        and not word.endswith(".")
    )


def _whole(pattern: str) -> str:
    return f"{_NO_LETTER_BEFORE}(?:{pattern}){_NO_LETTER_BEHIND}"


def _look(kind: Kind, start: str, pattern: str, flags: int = regex.IGNORECASE) -> _Look:
    """`start`: how every match begins, as it stands in a folded text; folding is of ASCII alone."""
    literal = "".join(takewhile(str.isascii, start)).lower()
    return _Look(kind, literal, regex.compile(pattern, flags))


def all_of(many: Iterable[LocalNames]) -> LocalNames:
    """The names of several sources, each once, in their order."""
    gathered = tuple(many)

    def joined(get: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for names in gathered for name in getattr(names, get)))

    return LocalNames(
        joined("people"), joined("emails"), joined("logins"), joined("homes"), joined("hosts")
    )
