"""Real code in many languages, from published packages, as data.

Each package is fetched once by the tool of its registry (`pip download` of a wheel, `npm pack`,
`apt-get download`) as that tool is set up on this machine, kept in the user's cache, and read as an
archive: nothing of it is installed, built or run. What makes a file the corpus is its SHA-256
(`bench/data/corpus.tsv`), not where it came from.

Left out: what is done with the code (`bench.verify`).

Rules
 - The same list gives the same files in the same order, on every machine that has the archives.
 - A package that cannot be had is told, with the remedy; the rest is used.
 - What nobody wrote by hand is left out: minified files, and those whose first lines say so.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import platformdirs

LIST: Final = Path(__file__).parent / "data" / "corpus.tsv"
FETCH_S_MAX: Final = 300
FILE_CHARS_MIN: Final = 600  # shorter ones are lists of exports
FILE_CHARS_MAX: Final = 120_000
LINE_CHARS_MAX: Final = 400  # a longer line is data, or a program wrote it
LANGUAGES: Final = {
    ".c": "c", ".cc": "cpp", ".cpp": "cpp", ".hpp": "cpp", ".go": "go", ".h": "h", ".java": "java",
    ".js": "javascript", ".mjs": "javascript", ".py": "python", ".rs": "rust",
    ".svelte": "svelte", ".ts": "typescript", ".tsx": "typescriptreact", ".vue": "vue",
}  # fmt: skip
_MADE = re.compile(r"(?i)generated (?:by|from|file|code)|do not edit|automatically generated")


@dataclass(frozen=True, slots=True)
class Source:
    """One file of real code."""

    language: str  # LSP's language id
    package: str
    path: str  # below the package
    text: str


@dataclass(frozen=True, slots=True)
class Package:
    """One line of the list."""

    tool: str
    name: str
    version: str
    languages: frozenset[str]  # with "h" where one of them has headers
    sha256: str


class CorpusError(Exception):
    """A package cannot be had; the message says what to do."""


def packages(path: Path = LIST) -> tuple[Package, ...]:
    """The packages of the list."""
    found = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line and not line.startswith("#"):
            tool, name, version, languages, digest = line.split("\t")
            headed = {"h"} if {"c", "cpp"} & set(languages.split(",")) else set()
            wanted = frozenset(languages.split(",")) | headed
            found.append(Package(tool, name, version, wanted, digest))
    return tuple(found)


def shelf() -> Path:
    """Where the archives are kept."""
    return platformdirs.user_cache_path("echo-completion") / "bench-corpus"


def fetched(package: Package, folder: Path) -> Path:
    """The archive of `package`, fetched if it is not in `folder` yet.

    Raises:
        CorpusError: its tool is not here, does not get it, or gets something else.
    """
    kept = folder / f"{package.sha256}.{package.tool}"
    if kept.is_file():
        return kept
    remedy = "; fetch it where there is a network, or name a folder of code with --corpus"
    label = f"{package.name} {package.version} ({package.tool})"
    with tempfile.TemporaryDirectory() as room:
        try:
            subprocess.run(
                _command(package), cwd=room, check=True, capture_output=True, timeout=FETCH_S_MAX
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise CorpusError(f"{label} cannot be fetched{remedy}") from error
        got = list(Path(room).iterdir())
        if len(got) != 1 or hashlib.sha256(got[0].read_bytes()).hexdigest() != package.sha256:
            raise CorpusError(f"{label} is not what the list names{remedy}")
        folder.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(".partial")
        shutil.copyfile(got[0], partial)
        partial.replace(kept)
    return kept


def _command(package: Package) -> list[str]:
    if package.tool == "wheel":
        plain = ("--quiet", "--no-deps", "--only-binary", ":all:", "--dest", ".")
        wanted = f"{package.name}=={package.version}"
        return [sys.executable, "-m", "pip", "download", *plain, wanted]
    if package.tool == "npm":
        wanted = f"{package.name}@{package.version}"
        return ["npm", "pack", "--silent", "--ignore-scripts", wanted]
    return ["apt-get", "download", f"{package.name}={package.version}"]


def sources(package: Package, archive: Path) -> Iterator[Source]:
    """What of a package is code that somebody wrote."""
    members = _of_wheel(archive) if package.tool == "wheel" else _of_tar(package, archive)
    for path, content in sorted(members):
        language = LANGUAGES[PurePosixPath(path).suffix]
        if language in package.languages:
            yield from source(language, package.name, path, content)


def source(language: str, package: str, path: str, content: bytes) -> Iterator[Source]:
    """The file as code, or nothing."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return
    if not FILE_CHARS_MIN <= len(text) <= FILE_CHARS_MAX or ".d.ts" in path or ".min." in path:
        return
    if max(map(len, text.split("\n"))) > LINE_CHARS_MAX or _MADE.search(text[:2000]):
        return
    yield Source(language, package, path, text)


def _of_wheel(archive: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            if PurePosixPath(name).suffix in LANGUAGES:
                yield name, opened.read(name)


def _of_tar(package: Package, archive: Path) -> Iterator[tuple[str, bytes]]:
    content = archive.read_bytes()
    if package.tool == "deb":
        unpack = ["dpkg-deb", "--fsys-tarfile", str(archive)]
        try:
            content = subprocess.run(unpack, check=True, capture_output=True).stdout
        except (OSError, subprocess.SubprocessError) as error:
            raise CorpusError(f"{package.name} needs dpkg-deb to be read") from error
    with tarfile.open(fileobj=io.BytesIO(content)) as opened:
        for member in opened:
            if member.isfile() and PurePosixPath(member.name).suffix in LANGUAGES:
                file = opened.extractfile(member)
                if file is not None:
                    yield member.name, file.read()


def from_packages(folder: Path | None = None) -> tuple[list[Source], list[str]]:
    """All code of the list, and a sentence for each package that is missing."""
    found: list[Source] = []
    missing: list[str] = []
    for package in packages():
        try:
            found += sources(package, fetched(package, folder or shelf()))
        except CorpusError as error:
            missing.append(str(error))
    return found, missing


def from_folder(folder: Path) -> list[Source]:
    """All code below `folder`; each folder in it is a package."""
    found: list[Source] = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in LANGUAGES and path.is_file() and not path.is_symlink():
            below = path.relative_to(folder)
            package = below.parts[0] if len(below.parts) > 1 else folder.name
            found += source(LANGUAGES[path.suffix], package, below.as_posix(), path.read_bytes())
    return found
