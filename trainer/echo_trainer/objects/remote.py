"""Objects in an object store, through obstore: S3 and what speaks like it, Google's, Azure's.

Left out: credentials: obstore reads them from the environment or the machine's own identity.

Rules
 - What an object store has acknowledged is durable: that is the service's promise, not ours.
 - Requests of one call go out side by side, `_AT_ONCE` at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import from_url

from echo_core.errors import TrainerError
from echo_trainer.objects.api import name_at, place_of, unharmed

_AT_ONCE: Final = 16  # requests: a store answers in about 30 ms, so 500 objects a second


class RemoteObjects:
    """`echo_trainer.objects.api.ObjectStore` in a bucket."""

    def __init__(self, url: str, *, plain: bool = False) -> None:
        """`plain`: without TLS, for a store of one's own in one's own network."""
        try:
            self._store = from_url(url, client_options={"allow_http": plain})
        except (BaseError, ValueError) as error:
            raise TrainerError(
                "`storage.objects` names no object store: write it as `s3://bucket/prefix`."
            ) from error
        self._hands = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="objects")

    def put(self, objects: Mapping[str, bytes]) -> None:
        """Keep objects."""
        try:
            for _ in self._hands.map(self._put, objects.items()):
                pass
        except (BaseError, OSError) as error:
            raise _failed(error) from error

    def _put(self, named: tuple[str, bytes]) -> None:
        obstore.put(self._store, place_of(named[0]), named[1])

    def get(self, name: str) -> bytes | None:
        """An object."""
        try:
            return unharmed(name, bytes(obstore.get(self._store, place_of(name)).bytes()))
        except (NotFoundError, FileNotFoundError):
            return None
        except (BaseError, OSError) as error:
            raise _failed(error) from error

    def delete(self, names: list[str]) -> None:
        """Let objects go."""
        try:
            for _ in self._hands.map(self._delete, names):
                pass
        except (BaseError, OSError) as error:
            raise _failed(error) from error

    def _delete(self, name: str) -> None:
        try:
            obstore.delete(self._store, place_of(name))
        except (NotFoundError, FileNotFoundError):
            return

    def names(self) -> Iterator[str]:
        """Every object's name."""
        try:
            for page in obstore.list(self._store):
                for found in page:
                    name = name_at(found["path"])
                    if name is not None:
                        yield name
        except (BaseError, OSError) as error:
            raise _failed(error) from error


def _failed(error: Exception) -> TrainerError:
    return TrainerError(
        f"The object store did not do what was asked ({type(error).__name__}): "
        "look at `storage.objects`, its credentials and its endpoint."
    )
