"""The table [storage] of trainer.toml: where envelopes, rows and the lake are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

_URL_CHARS_MAX: Final = 2048


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """Nothing has to be set: everything then lies beneath the home's `data`."""

    objects: str = field(
        default="",
        metadata={
            "unit": "URL",
            "effect": "Where envelopes are kept: `file:///folder`, or `s3://bucket/prefix` and "
            "whatever else obstore reads, with keys and endpoint in the environment "
            "(`AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, ...); empty: `data/objects`.",
            "chars_max": _URL_CHARS_MAX,
        },
    )
    tables: str = field(
        default="",
        metadata={
            "unit": "URL",
            "effect": "The database: `sqlite:////file`, or `postgresql://user@host/name`, with "
            "the password in `PGPASSWORD` or a pgpass file; empty: SQLite in `data/tables.db`.",
            "chars_max": _URL_CHARS_MAX,
        },
    )
    lake: str = field(
        default="",
        metadata={
            "unit": "URL",
            "effect": "Where curated tables and datasets are kept: a folder or `s3://bucket/"
            "prefix`; empty: `data/lake`.",
            "chars_max": _URL_CHARS_MAX,
        },
    )
