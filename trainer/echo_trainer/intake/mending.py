"""What came back from a backup is made whole: wishes hold again, envelopes and rows agree.

Rows, envelopes and the lake were copied one after the other, or are of different days. So

    a wish        is done again, also what curation does for it: what came back may be older
    an envelope   without a row is taken in again, as if it had just come; one of a pseudonym that
                  asked for deletion is erased
    a row         without its envelope is counted: there is nothing to open

Left out: the lake (`echo-trainer curate` fulfils the wishes there), copying (docs/operations.md).

Rules
 - Mending again changes nothing more. Intake does not run meanwhile: an upload that was cut by the
   copy looks like one that is under way.
 - No cap and no bound of weeks: what is taken in again was accepted before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Final

from echo_core.errors import InputError, TrainerError
from echo_core.sharing.bundle.contents import day_of
from echo_core.sharing.bundle.envelope import Said
from echo_trainer.intake.judging import Refused, arrived, judged_wish
from echo_trainer.keys.signatures import ReceiptSigner
from echo_trainer.objects.api import ObjectStore
from echo_trainer.tables import intake, mending
from echo_trainer.tables.database import Database
from echo_trainer.tables.intake import Arrival, DayCaps

_AT_ONCE: Final = 200  # envelopes of one transaction: 400 MB at most, 2 MB as they are
_NO_CAPS: Final = DayCaps(1 << 62, 1 << 62)


@dataclass(slots=True)
class Mended:
    """What was found."""

    wishes: int = 0  # done again, each once
    adopted: int = 0  # envelopes that had no row
    erased: int = 0  # envelopes of pseudonyms that asked for deletion
    harmed: int = 0  # files that are no envelope any more; left where they are
    reopened: int = 0  # bundles that curation opens once more, for a lake that is lost
    missing: int = 0  # rows that wait for curation, and have no envelope


@dataclass(frozen=True, slots=True)
class Mending:
    """What is needed to mend."""

    database: Database
    objects: ObjectStore
    signer: ReceiptSigner
    wall_ms: Callable[[], int]

    def run(self, wishes: Iterable[bytes], *, lake_lost: bool = False) -> Mended:
        """Do all of it; `wishes`: those that the tables may lack.

        `lake_lost`: what was opened and is kept is to be opened again.

        Raises:
            InputError: one of the wishes is none.
            TrainerError: a store fails; another call goes on.
        """
        found = Mended()
        with self.database.read() as rows:
            known = mending.wishes(rows)
        for content in sorted({*known, *wishes}):
            self._wish(content)
            found.wishes += 1
        while self._swept() == _AT_ONCE:
            pass
        there: set[str] = set()
        for names in _slices(self.objects.names()):
            there.update(names)
            self._envelopes(names, found)
        if lake_lost:
            with self.database.begin() as rows:
                found.reopened = mending.open_once_more(rows)
        found.missing = sum(digest not in there for digest in self._expected())
        return found

    def _wish(self, content: bytes) -> None:
        name = sha256(content).hexdigest()
        try:
            wish = judged_wish(name, content, day_of(self.wall_ms()))
        except Refused as error:
            raise InputError(
                "One of the wishes is none that a pseudonym signed: take another copy of the file."
            ) from error
        with self.database.begin() as rows:
            intake.forgotten(rows, wish)
            mending.open_again(rows, wish.id)

    def _swept(self) -> int:
        with self.database.begin() as rows:
            return intake.swept_forgotten(rows, self.objects.delete, _AT_ONCE)

    def _envelopes(self, names: list[str], found: Mended) -> None:
        with self.database.read() as rows:
            unknown = sorted(mending.unknown(rows, names))
        arrivals: list[Arrival] = []
        for name in unknown:
            try:
                content = self.objects.get(name)
                if content is not None:
                    arrivals.append(arrived(name, content, day_of(self.wall_ms())))
            except (Refused, TrainerError):
                found.harmed += 1
        with self.database.begin() as rows:
            said = intake.announced(rows, arrivals, _NO_CAPS, self.wall_ms())
            if said.fresh:
                intake.settled(rows, said.fresh, self._receipt)
        self.objects.delete(sorted(said.refused))
        found.adopted += len(said.fresh)
        found.erased += len(said.refused)

    def _receipt(self, arrival: Arrival) -> bytes:
        return self.signer.receipt(Said.STORED, arrival.digest, arrival.day)

    def _expected(self) -> Iterator[str]:
        last = 0
        while True:
            with self.database.read() as rows:
                some = mending.expected(rows, last, _AT_ONCE)
            if not some:
                return
            last = some[-1][0]
            yield from (digest for _, digest in some)


def _slices(names: Iterator[str]) -> Iterator[list[str]]:
    while some := list(islice(names, _AT_ONCE)):
        yield some
