"""The messages between a front (echo-lsp, echoctl) and the daemon: method names and their values.

JSON-RPC 2.0 with the framing of LSP. A method's parameters and result are the dataclasses named
in `METHODS`; `echo_runtime.rpc` turns them into JSON and back and refuses what does not fit.
One module for each audience; who imports takes everything from here.

Left out: sockets, framing, who may connect (`echo_runtime.rpc`, `echo_daemon.rpc`).

Rules
 - Offsets are code points of the text that the daemon mirrors.
 - A front that speaks another `PROTOCOL_VERSION` is refused by `HELLO` with a sentence.
 - Every request is answered exactly once; a cancelled one with JSON-RPC's RequestCancelled.
"""

from __future__ import annotations

from typing import Final

from echo_core.wire import administration, completion, documents, meeting, past, records
from echo_core.wire.administration import (
    DAEMON_FLUSH,
    DAEMON_STATUS,
    DAEMON_STOP,
    ENGINE_DESCRIBE,
    ENGINE_RELOAD,
    DaemonStatus,
    EngineDescription,
    Flushed,
)
from echo_core.wire.completion import (
    COMPLETION,
    COMPLETION_LAST,
    COMPLETION_SNOOZE,
    COMPLETION_WHY,
    OUTCOME,
    CompletionAnswer,
    CompletionAsk,
    LastCompletion,
    Offer,
    OutcomeReport,
    Snooze,
    Why,
)
from echo_core.wire.documents import (
    DOCUMENT_CLOSE,
    DOCUMENT_CURSOR,
    DOCUMENT_EDIT,
    DOCUMENT_FOCUS,
    DOCUMENT_OPEN,
    DOCUMENT_RENAME,
    DOCUMENT_RESYNC,
    DOCUMENT_SAVE,
    DocumentCursor,
    DocumentEdit,
    DocumentOpen,
    DocumentRef,
    DocumentRename,
)
from echo_core.wire.meeting import (
    HELLO,
    SETTINGS,
    STATUS_CHANGED,
    EditorSettings,
    Hello,
    SettingValue,
    Status,
    Welcome,
)
from echo_core.wire.past import IMPORT_PAST, PastAnswer, PastFile, PastFiles
from echo_core.wire.records import (
    CONSENT_GET,
    CONSENT_SET,
    CONSENT_WHY,
    DATA_ERASE,
    DATA_FORGET,
    DATA_SIZE,
    METRICS,
    MINE_PROGRESS,
    MINE_REBUILD,
    SAMPLES_LIST,
    SAMPLES_LOOKS,
    SAMPLES_SHOW,
    TRACE_EXPORT,
    ConsentChoice,
    ConsentState,
    DataSize,
    Forget,
    Forgotten,
    LookList,
    LookRow,
    Metrics,
    RebuildProgress,
    RebuildReport,
    RecordVerdict,
    SampleDetail,
    SampleList,
    SampleQuery,
    SampleRow,
    SamplesQuery,
    SizeRow,
    TraceLines,
    TraceQuery,
)
from echo_core.wire.signature import Nothing, Signature

PROTOCOL_VERSION: Final = 1

METHODS: Final[dict[str, Signature]] = {
    **meeting.METHODS,
    **documents.METHODS,
    **completion.METHODS,
    **administration.METHODS,
    **records.METHODS,
    **past.METHODS,
}

__all__ = [
    "COMPLETION",
    "COMPLETION_LAST",
    "COMPLETION_SNOOZE",
    "COMPLETION_WHY",
    "CONSENT_GET",
    "CONSENT_SET",
    "CONSENT_WHY",
    "DAEMON_FLUSH",
    "DAEMON_STATUS",
    "DAEMON_STOP",
    "DATA_ERASE",
    "DATA_FORGET",
    "DATA_SIZE",
    "DOCUMENT_CLOSE",
    "DOCUMENT_CURSOR",
    "DOCUMENT_EDIT",
    "DOCUMENT_FOCUS",
    "DOCUMENT_OPEN",
    "DOCUMENT_RENAME",
    "DOCUMENT_RESYNC",
    "DOCUMENT_SAVE",
    "ENGINE_DESCRIBE",
    "ENGINE_RELOAD",
    "HELLO",
    "IMPORT_PAST",
    "METHODS",
    "METRICS",
    "MINE_PROGRESS",
    "MINE_REBUILD",
    "OUTCOME",
    "PROTOCOL_VERSION",
    "SAMPLES_LIST",
    "SAMPLES_LOOKS",
    "SAMPLES_SHOW",
    "SETTINGS",
    "STATUS_CHANGED",
    "TRACE_EXPORT",
    "CompletionAnswer",
    "CompletionAsk",
    "ConsentChoice",
    "ConsentState",
    "DaemonStatus",
    "DataSize",
    "DocumentCursor",
    "DocumentEdit",
    "DocumentOpen",
    "DocumentRef",
    "DocumentRename",
    "EditorSettings",
    "EngineDescription",
    "Flushed",
    "Forget",
    "Forgotten",
    "Hello",
    "LastCompletion",
    "LookList",
    "LookRow",
    "Metrics",
    "Nothing",
    "Offer",
    "OutcomeReport",
    "PastAnswer",
    "PastFile",
    "PastFiles",
    "RebuildProgress",
    "RebuildReport",
    "RecordVerdict",
    "SampleDetail",
    "SampleList",
    "SampleQuery",
    "SampleRow",
    "SamplesQuery",
    "SettingValue",
    "Signature",
    "SizeRow",
    "Snooze",
    "Status",
    "TraceLines",
    "TraceQuery",
    "Welcome",
    "Why",
]
