"""Every error that Echo raises on purpose, in one tree.

    EchoError
    ├── InputError            what came from outside is not what it should be
    │   ├── EditError         an edit does not fit its document
    │   ├── WireError         a message between two processes of ours is malformed
    │   └── TraceError        a line of a trace file is malformed
    ├── ModelError            a model file cannot be had or used
    ├── EngineError           the engine worker cannot answer now; asking again later may work
    ├── StoreError            the store cannot be written or read
    │   ├── StoreKeyError     no key, or a key that does not open it; do not retry
    │   └── StoreBusyError    nothing was written; asking again later is safe
    ├── SharingError          nothing can be prepared for sending, or sent, as things are
    ├── DaemonError           the daemon cannot be reached or refuses
    └── TrainerError          the trainer cannot do what it was asked, as things are

Rules
 - A message is one sentence that names the remedy where there is one.
 - A message never holds source text: not a line, not an identifier, not an edit.
 - `exit_code` is what a command line program ends with when the error reaches its edge.
"""

from __future__ import annotations


class EchoError(Exception):
    """The root; never raised itself."""

    exit_code = 1


class InputError(EchoError):
    """What came from outside is malformed; sending the same again gives the same error."""

    exit_code = 2


class EditError(InputError):
    """An edit does not fit the document it is applied to; the document is unchanged."""


class WireError(InputError):
    """A message between two processes of ours is malformed; the connection may go on."""


class TraceError(InputError):
    """A line of a trace is malformed; the message names the line's number, never its text."""


class ModelError(EchoError):
    """A model cannot be fetched, read or used; no file was left half-written."""

    exit_code = 3


class EngineError(EchoError):
    """The engine worker cannot answer now; the daemon and the store are unharmed."""

    exit_code = 4


class StoreError(EchoError):
    """The store cannot be read or written; completion goes on without it."""

    exit_code = 5


class StoreKeyError(StoreError):
    """There is no key, or it does not open the store; retrying does not help."""


class StoreBusyError(StoreError):
    """Nothing was written; asking again later is safe."""


class SharingError(EchoError):
    """Nothing can be prepared for sending, or sent, as things are; what waits goes on waiting."""

    exit_code = 7


class DaemonError(EchoError):
    """The daemon cannot be reached, speaks another version, or refuses this caller."""

    exit_code = 6


class TrainerError(EchoError):
    """The trainer's database, storage, keys or data do not allow what was asked."""

    exit_code = 8
