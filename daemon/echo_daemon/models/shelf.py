"""The shelf: the folder of model files, and which of them is chosen.

Left out: how bytes travel (`sources`), how files are written (`files`), how it all looks
(`ctl.models`).

Rules
 - No file has its final name before its size and SHA-256 are right.
 - Whoever changes a model's files holds that model's lock; readers need none.
 - Every refusal is one sentence with its remedy, and says what was kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from echo_core.errors import EchoError, InputError, ModelError
from echo_daemon.models import added, fetch, lock
from echo_daemon.models.choice import clear_choice, read_choice, write_choice
from echo_daemon.models.gguf import read_head
from echo_daemon.models.inspection import Inspect
from echo_daemon.models.progress import Progress, Silent, size_text
from echo_daemon.models.sources.source import Source, SourceName
from echo_engine.catalogue import NAME, Catalogue, Entry, unknown_name
from echo_runtime import files

ROOM_MARGIN_BYTES = 64 << 20  # the store and the rest of the machine want to go on writing


class Origin(StrEnum):
    """How a model came to be known."""

    CATALOGUE = "catalogue"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model that lies on the shelf."""

    name: str
    path: Path
    bytes: int
    sha256: str  # what it must be; `Shelf.verify` compares
    architecture: str
    family: str  # of prompts, or empty
    has_fim: bool
    origin: Origin


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull ended with. `source` is None where nothing had to be fetched."""

    model: ModelFile
    is_new: bool  # it was not on the shelf before
    source: SourceName | None


@dataclass(frozen=True, slots=True)
class Removed:
    """What a removal took away."""

    bytes_freed: int
    was_chosen: bool


class Shelf:
    """One folder of models. Two instances, in one process or in two, may use it at once."""

    def __init__(
        self,
        folder: Path,
        choice_file: Path,
        catalogue: Catalogue,
        free: Callable[[Path], int] = files.free_bytes,
    ) -> None:
        """Nothing is read or made yet."""
        self._folder = folder
        self._choice_file = choice_file
        self._catalogue = catalogue
        self._free = free

    @property
    def catalogue(self) -> Catalogue:
        """The models known by name."""
        return self._catalogue

    # --- looking ---------------------------------------------------------------------------

    def installed(self) -> tuple[ModelFile, ...]:
        """What lies here: the catalogue's in its order, then the added ones by name."""
        known = (self._of_catalogue(entry) for entry in self._catalogue.entries)
        more = (_of_added(item) for item in added.load_all(self._folder))
        return (*(model for model in known if model is not None), *more)

    def find(self, name: str) -> ModelFile | None:
        """The model of this name, if it lies here."""
        return next((model for model in self.installed() if model.name == name), None)

    def get(self, name: str) -> ModelFile:
        """The model of this name.

        Raises:
            InputError: nobody knows the name; near ones are suggested.
            ModelError: the catalogue knows it, but it was not pulled.
        """
        model = self.find(name)
        if model is not None:
            return model
        if self._catalogue.find(name) is not None:
            raise ModelError(
                f"{name} does not lie on the shelf; `echoctl models pull {name}` fetches it."
            )
        raise unknown_name(name, self._known())

    def kept_bytes(self, entry: Entry, sources: Sequence[Source]) -> int:
        """What a pull that was stopped has left."""
        return fetch.kept_bytes(entry, self._partial(entry), sources)

    def choice(self) -> str | None:
        """The chosen name, whether or not its model still lies here.

        Raises:
            ModelError: the choice cannot be read.
        """
        return read_choice(self._choice_file)

    def chosen(self) -> ModelFile | None:
        """The chosen model; None where none was chosen or its file is gone.

        Raises:
            ModelError: the choice cannot be read.
        """
        name = self.choice()
        return None if name is None else self.find(name)

    # --- changing --------------------------------------------------------------------------

    def use(self, name: str) -> ModelFile:
        """Choose a model that lies here.

        Raises:
            InputError, ModelError: as `get`, or the choice cannot be written; the old one stands.
        """
        model = self.get(name)
        write_choice(self._choice_file, model.name)
        return model

    def pull(
        self, name: str, sources: Sequence[Source], progress: Progress | None = None
    ) -> Pulled:
        """Fetch a model of the catalogue from the first of `sources` that gives it.

        Raises:
            InputError: the catalogue does not know the name.
            ModelError: no source gave it, or there is no room; the sentence says what was kept.
        """
        progress = progress or Silent()
        entry = self._catalogue.find(name)
        if entry is None:
            if (mine := self.find(name)) is not None:
                return Pulled(mine, is_new=False, source=None)
            raise unknown_name(name, tuple(item.name for item in self._catalogue.entries))
        with self._locked(name, progress), self._disk_errors(entry, sources):
            if (model := self._of_catalogue(entry)) is not None:
                return Pulled(model, is_new=False, source=None)
            partial = self._partial(entry)
            source = fetch.fetch(
                entry, partial, sources, lambda room: self._check_room(name, room), progress
            )
            files.put_in_place(partial, self._folder / entry.file)
            for each in sources:
                each.forget(entry, partial)
            return Pulled(self.get(name), is_new=True, source=source)

    def add(
        self, file: Path, name: str | None, inspect: Inspect, progress: Progress | None = None
    ) -> ModelFile:
        """Take in a file that the user has; a file of the catalogue is recognised by its digest.

        `name` is made from the file's where it is None. `file` itself is left alone.

        Raises:
            InputError: the name is not one, or is the catalogue's for something else.
            ModelError: it is not GGUF, llama.cpp cannot load it, the name is taken, no room.
        """
        progress = progress or Silent()
        head = read_head(file)
        try:
            size = file.stat().st_size
            sha256 = files.sha256_of(file, lambda done: progress.at("reading", done, size))
        except OSError as error:
            raise ModelError(f"{file.name} cannot be read: {error.strerror}.") from error
        entry = self._catalogue.by_sha256(sha256)
        if entry is not None and name in {None, entry.name}:
            return self._add_known(entry, file, progress)
        name = _slug(file.stem) if name is None else name
        if not NAME.fullmatch(name):
            raise InputError(
                f"{name!r} cannot be a model's name; give one of small letters, digits and .-_"
                " with --name."
            )
        if self._catalogue.find(name) is not None:
            raise InputError(
                f"{name} is a model of the catalogue, and {file.name} is not that file;"
                " give another name with --name."
            )
        try:
            inspection = inspect(file)
        except EchoError as error:
            raise ModelError(
                f"llama.cpp cannot load {file.name}, whose architecture is"
                f" {head.architecture or 'not stated'}; it does not know that architecture,"
                " or the file is damaged."
            ) from error
        with self._locked(name, progress), self._disk_errors(None, ()):
            if self.find(name) is not None:
                raise ModelError(
                    f"{name} lies on the shelf already; remove it first, or give another name"
                    " with --name."
                )
            self._check_room(name, size)
            added.place(self._folder, name, file, sha256, inspection)
        return self.get(name)

    def verify(self, name: str, progress: Progress | None = None) -> ModelFile:
        """Compare a model with its digest, as the disk has it now.

        Raises:
            InputError, ModelError: as `get`, or it is not what it should be.
        """
        progress = progress or Silent()
        model = self.get(name)
        size = files.size_of(model.path)
        try:
            right = size == model.bytes and model.sha256 == files.sha256_of(
                model.path, lambda done: progress.at("verifying", done, size)
            )
        except OSError as error:
            raise ModelError(f"{name} cannot be read: {error.strerror}.") from error
        if not right:
            again = "pull" if model.origin is Origin.CATALOGUE else "add"
            raise ModelError(
                f"{name} is damaged: its SHA-256 is not {model.sha256[:12]}…;"
                f" remove it with `echoctl models remove {name}` and {again} it again."
            )
        return model

    def remove(
        self, name: str, sources: Sequence[Source], progress: Progress | None = None
    ) -> Removed:
        """Take a model away, and what unfinished pulls of it have left.

        Raises:
            InputError, ModelError: as `get`.
        """
        entry = self._catalogue.find(name)
        if self.find(name) is None and (entry is None or not self.kept_bytes(entry, sources)):
            self.get(name)  # raises, and says it well
        with self._locked(name, progress or Silent()), self._disk_errors(None, ()):
            model = self.find(name)
            freed = model.bytes if model is not None else 0
            if entry is None:
                added.remove(self._folder, name)
            else:
                freed += self.kept_bytes(entry, sources)
                for source in sources:
                    source.forget(entry, self._partial(entry))
                (self._folder / entry.file).unlink(missing_ok=True)
        was_chosen = self.choice() == name
        if was_chosen:
            clear_choice(self._choice_file)
        return Removed(freed, was_chosen)

    # --- inside ----------------------------------------------------------------------------

    def _add_known(self, entry: Entry, file: Path, progress: Progress) -> ModelFile:
        with self._locked(entry.name, progress), self._disk_errors(None, ()):
            if (model := self._of_catalogue(entry)) is not None:
                raise ModelError(f"{file.name} is {model.name}, which lies on the shelf already.")
            self._check_room(entry.name, entry.bytes)
            added.link_or_copy(file, self._folder / entry.file)
        return self.get(entry.name)

    def _check_room(self, name: str, room_bytes: int) -> None:
        free = self._free(self._folder)
        if free < room_bytes + ROOM_MARGIN_BYTES:
            raise ModelError(
                f"There is no room for {name}: it needs"
                f" {size_text(room_bytes + ROOM_MARGIN_BYTES)} and {self._folder} has"
                f" {size_text(free)}; free some and run the same command again."
            )

    @contextmanager
    def _locked(self, name: str, progress: Progress) -> Iterator[None]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            taken = lock.take(
                self._folder / f"{name}.lock",
                lambda: progress.says(f"Another program is changing {name}; waiting for it."),
            )
        except OSError as error:
            raise self._unusable(error) from error
        try:
            yield
        finally:
            lock.give_back(taken)

    @contextmanager
    def _disk_errors(self, entry: Entry | None, sources: Sequence[Source]) -> Iterator[None]:
        """Say in one sentence what the disk refused, and what is kept."""
        try:
            yield
        except OSError as error:
            if not files.is_full(error):
                raise self._unusable(error) from error
            if entry is None:
                raise ModelError(
                    f"The disk of {self._folder} is full, and nothing was kept;"
                    " free some and run the same command again."
                ) from error
            kept = self.kept_bytes(entry, sources)
            raise ModelError(
                f"The disk of {self._folder} is full: {size_text(kept)} of {entry.name} are kept;"
                " free some and run the same command again, or drop them with"
                f" `echoctl models remove {entry.name}`."
            ) from error

    def _unusable(self, error: OSError) -> ModelError:
        return ModelError(f"The models' folder {self._folder} cannot be used: {error.strerror}.")

    def _partial(self, entry: Entry) -> Path:
        return self._folder / f"{entry.file}.partial"

    def _known(self) -> tuple[str, ...]:
        here = (item.name for item in added.load_all(self._folder))
        return (*(entry.name for entry in self._catalogue.entries), *here)

    def _of_catalogue(self, entry: Entry) -> ModelFile | None:
        path = self._folder / entry.file
        if files.size_of(path) != entry.bytes:
            return None
        return ModelFile(
            entry.name,
            path,
            entry.bytes,
            entry.sha256,
            entry.architecture,
            entry.family,
            entry.has_fim,
            Origin.CATALOGUE,
        )


def _of_added(item: added.Added) -> ModelFile:
    return ModelFile(
        item.name,
        item.path,
        item.bytes,
        item.sha256,
        item.architecture,
        item.family,
        item.has_fim,
        Origin.ADDED,
    )


def _slug(stem: str) -> str:
    """A name out of a file's: small letters, and - for what a name cannot hold."""
    return re.sub(r"[^a-z0-9._-]+", "-", stem.lower()).strip("-._")[:64]
