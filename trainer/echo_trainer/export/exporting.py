"""A run's LoRA becomes the files that clients load, each checked before anything says it is there.

    adapter          written from the LoRA
    check            its logits over the unquantised base against those of the merged model
    merged           the merged model quantised as the base is, tensor by tensor, or finer
    served           each file in the engine: it writes, so many tokens a second

Left out: finding the base (whoever calls), judging what was made (`echo_trainer.gate`).

Rules
 - A document is written when its file lies in its place and everything was checked; before the file
   is replaced, the document of the one before goes.
 - What is there already, made from the same LoRA, is left as it is: an export that was cut off goes
   on with the form that is missing.
 - Large files that are only on the way lie in a folder of this run that nobody else may look into,
   and go with it; what a killed export left goes when the next one begins.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from echo_core.clock import Clock
from echo_core.errors import InputError, ModelError, TrainerError
from echo_core.release.metadata import Kind
from echo_core.release.naming import Named, written
from echo_engine.api import ModelFile
from echo_runtime import files
from echo_runtime.lock import ProfileLock
from echo_trainer.export import apart, checking, merged_file, peft_folder, serving
from echo_trainer.export.adapter_file import write_adapter
from echo_trainer.export.architectures import Matrix
from echo_trainer.export.lora import Laid, lay
from echo_trainer.export.model_file import ModelTensors
from echo_trainer.export.quantised_file import FINER_BYTES, quantise
from echo_trainer.home import make_private
from echo_trainer.runs.bases import BaseFile
from echo_trainer.runs.folders import RunFolder
from echo_trainer.runs.records import Run, Shipped

_WORK: Final = ".export-"
# Left on the disk beside what is written: what else happens on a machine while it takes minutes.
_SPARE_BYTES: Final = 256 << 20


@dataclass
class Export:
    """One export of one run."""

    folder: RunFolder
    base: BaseFile
    clock: Clock
    say: Callable[[str], None]
    again: bool = False  # also what is there already

    def run(self, kinds: Sequence[Kind]) -> dict[Kind, Shipped]:
        """Make the forms that are asked for, where they are not there.

        Raises:
            InputError: the run, its LoRA or its base is not what can be exported.
            ModelError: what was made does not do what the trained model does.
            TrainerError: there is no room, or another export of this run is at work.
        """
        run = self.folder.read_run()
        lora = peft_folder.read(self.folder.adapter)
        _belongs(run, lora)
        lock = ProfileLock.acquire(self.folder.path / "export.lock")
        if lock is None:
            raise TrainerError(f"Another export of {run.name} is at work: wait until it has ended.")
        with lock:
            made = {} if self.again else self._there(kinds, lora, run)
            missing = [kind for kind in kinds if kind not in made]
            if missing:
                base = ModelTensors.checked(self.base, run.base)
                made |= self._make(missing, lay(lora, base), run)
        return made

    def _there(
        self, kinds: Sequence[Kind], lora: peft_folder.Folder, run: Run
    ) -> dict[Kind, Shipped]:
        found = {}
        for kind in kinds:
            try:
                shipped = self.folder.read_shipped(kind)
            except InputError:
                continue
            path = self.folder.shipped(kind)
            wanted = (lora.sha256, run.base, run.name)
            same = (shipped.adapter_sha256, shipped.base, shipped.run) == wanted
            if same and files.size_of(path) == shipped.bytes and _digest(path) == shipped.sha256:
                self.say(f"{kind.value} is there already")
                found[kind] = shipped
        return found

    def _make(self, kinds: Sequence[Kind], laid: Laid, run: Run) -> dict[Kind, Shipped]:
        for left in self.folder.path.glob(f"{_WORK}*"):
            shutil.rmtree(left, ignore_errors=True)
        self._check_room(laid)
        try:
            with tempfile.TemporaryDirectory(prefix=_WORK, dir=self.folder.path) as work:
                return self._made_in(Path(work), kinds, laid, run)
        except OSError as error:
            raise TrainerError(
                f"The export cannot be written to {self.folder.path} ({error.strerror}): see that "
                "there is room and that the folder is yours."
            ) from error

    def _made_in(
        self, work: Path, kinds: Sequence[Kind], laid: Laid, run: Run
    ) -> dict[Kind, Shipped]:
        base, unquantised = laid.base, work / "unquantised.gguf"
        made = {kind: work / f"{kind.value}.gguf" for kind in Kind}
        adapter = made[Kind.ADAPTER]
        pairs = laid.for_adapter()
        write_adapter(adapter, base.architecture, laid.folder.alpha, pairs, half=True)
        plain, trained, interleaves, checked = self._checked(unquantised, adapter, laid)
        self.say("asking the base and the adapter as clients would")
        held, adapted = apart.apart(apart.evaluated, base.path, (None, adapter)).logits
        compared = _Compared(trained, plain, held)
        figures = {Kind.ADAPTER: {**checked, **compared.figures(adapted)}}
        if Kind.MERGED in kinds:
            merged_file.write_unquantised(
                unquantised,
                laid,
                merged_file.trained(laid),
                lambda name: laid.added(name, interleaves),
            )
            left = self._quantised(unquantised, made[Kind.MERGED], laid, compared)
            figures[Kind.MERGED] = {**checked, **left}
        unquantised.unlink()
        speeds = self._served(kinds, made, base.path, run)
        return {
            kind: self._place(made[kind], kind, laid, run, {**figures[kind], **speeds[kind]})
            for kind in kinds
        }

    def _checked(
        self, unquantised: Path, adapter: Path, laid: Laid
    ) -> tuple[Matrix, Matrix, bool, dict[str, float]]:
        """Logits of the base and of the trained model, how rows lie, how far the adapter is off.

        All layers are expanded, also what was not trained: products of quantised weights round
        what they multiply, and make large differences of small ones.
        """
        blocks = merged_file.blocks(laid)
        self.say("writing the base unquantised, and asking it with the adapter")
        merged_file.write_unquantised(unquantised, laid, blocks, added=None)
        without = apart.apart(apart.evaluated, unquantised, (None, adapter))
        plain, adapted = without.logits
        self.say("writing the merged model unquantised, and asking it")
        merged_file.write_unquantised(
            unquantised, laid, blocks, added=lambda name: laid.added(name, without.interleaves)
        )
        (trained,) = apart.apart(apart.evaluated, unquantised).logits
        figures = checking.adapter_figures(plain, adapted, trained)
        return plain, trained, without.interleaves, figures

    def _quantised(
        self, unquantised: Path, merged: Path, laid: Laid, compared: _Compared
    ) -> dict[str, float]:
        """Quantise as the base is; where that would lose what was learned, finer."""
        for finer in (False, True):
            how = "finer where it was trained" if finer else "as the base is"
            self.say(f"quantising the merged model {how}")
            quantise(unquantised, merged, laid, finer=finer)
            left = compared.figures(apart.apart(apart.evaluated, merged).logits[0])
            if checking.is_left(left):
                return {**left, "finer": float(finer)}
        raise ModelError(f"{checking.what_is_lost(left)}: ship the adapter, or train longer.")

    def _served(
        self, kinds: Sequence[Kind], made: Mapping[Kind, Path], base: Path, run: Run
    ) -> dict[Kind, dict[str, float]]:
        """Each file in the engine: that it writes, and how fast."""
        self.say("serving the base and what was made of it")
        told, base_speed = serving.serve(ModelFile(run.base.name, base), self.clock)
        speeds = {}
        for kind in kinds:
            name = written(Named(run.base.name, run.name))
            is_adapter = kind is Kind.ADAPTER
            model = ModelFile(name, base, made[kind]) if is_adapter else ModelFile(name, made[kind])
            found, speed = serving.serve(model, self.clock)
            if (found.family, found.architecture) != (told.family, told.architecture):
                raise ModelError(
                    f"The engine takes the {kind.value} file for a {found.family}, and the base "
                    f"for a {told.family}: the base lacks metadata; name another base."
                )
            speeds[kind] = {"tokens_per_s": speed, "base_tokens_per_s": base_speed}
        return speeds

    def _check_room(self, laid: Laid) -> None:
        wanted = merged_file.bytes_of(laid, merged_file.blocks(laid), 4.0) + _SPARE_BYTES
        wanted += merged_file.bytes_of(laid, merged_file.trained(laid), FINER_BYTES)
        free = files.free_bytes(self.folder.path)
        if free < wanted:
            raise TrainerError(
                f"The export takes {wanted / 1e9:.1f} GB for a while, and {free / 1e9:.1f} GB are "
                f"free at {self.folder.path}: make room, or put the trainer's home elsewhere."
            )

    def _place(
        self, path: Path, kind: Kind, laid: Laid, run: Run, figures: dict[str, float]
    ) -> Shipped:
        shipped = Shipped(
            run=run.name,
            kind=kind,
            base=run.base,
            bytes=path.stat().st_size,
            sha256=_digest(path),
            figures=figures,
            adapter_sha256=laid.folder.sha256,
        )
        final = self.folder.shipped(kind)
        make_private(final.parent)
        self.folder.shipped_document(kind).unlink(missing_ok=True)
        path.chmod(0o600)
        files.put_in_place(path, final)
        self.folder.write(shipped)
        self.say(f"{kind.value}: {shipped.bytes / 1e6:.1f} MB")
        return shipped


def _belongs(run: Run, lora: peft_folder.Folder) -> None:
    """Refuse a LoRA whose configuration is not the run's."""
    for name, found in (("rank", lora.rank), ("alpha", lora.alpha)):
        trained = run.parameters.get(name)
        if isinstance(trained, int | float) and trained != found:
            raise InputError(
                f"The adapter has {name} {found:g}, and {run.name} was trained with {trained:g}: "
                "its folder holds another run's adapter; train again."
            )


@dataclass(frozen=True, slots=True)
class _Compared:
    """What a file's logits are held against."""

    trained: Matrix
    plain: Matrix
    held: Matrix

    def figures(self, served: Matrix) -> dict[str, float]:
        return checking.served_figures(self.trained, self.plain, self.held, served)


def _digest(path: Path) -> str:
    return files.sha256_of(path, lambda _done: None)
