"""Which store of objects a URL means."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from echo_core.errors import InputError
from echo_trainer.objects.api import ObjectStore
from echo_trainer.objects.folder import FolderObjects


def open_objects(url: str, default: Path, environ: Mapping[str, str]) -> ObjectStore:
    """The store at `url`; a folder where `default` says, if that is empty.

    Raises:
        InputError: the URL cannot be one of a store.
        TrainerError: the folder cannot be made, or the store is not known.
    """
    folder = local_folder(url, default)
    if folder is not None:
        return FolderObjects(folder)
    # Only who has a bucket needs obstore's library in memory.
    from echo_trainer.objects.remote import RemoteObjects  # noqa: PLC0415

    return RemoteObjects(url, plain=environ.get("AWS_ENDPOINT_URL", "").startswith("http:"))


def local_folder(url: str, default: Path) -> Path | None:
    """The folder that a URL means; None where it is elsewhere.

    Raises:
        InputError: it is no URL.
    """
    if not url:
        return default
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path:
        return Path(unquote(parts.path))
    if not parts.scheme or not parts.netloc:
        raise InputError("A place is written as `file:///folder` or `s3://bucket/prefix`.")
    return None
