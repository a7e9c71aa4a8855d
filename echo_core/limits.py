"""Every bound that more than one module must agree on: unit last, then why that number.

A bound that only one module knows stands in that module.
"""

from __future__ import annotations

# --- documents -----------------------------------------------------------------------------
DOCUMENT_CHARS_MAX = 16 << 20  # 16 Mi code points; larger files are mirrored by nobody
DOCUMENTS_OPEN_MAX = 512  # an editor restoring a huge session; more are refused, quietly

# --- messages between our processes --------------------------------------------------------
FRAME_BYTES_MAX = 128 << 20  # a 16 Mi document whose every character needs an escape, and room
HEADER_BYTES_MAX = 4096  # pygls sends two short header lines; anything longer is not ours

# --- the window around a gap ---------------------------------------------------------------
# A cold prompt of 700 tokens costs about 4 s on two cores (150-180 tokens/s), and everything
# after it is nearly free; 8 lines behind the middle mark is where accuracy stops rising
# (docs/adr/0005).
HEAD_CHARS_MAX = 3000  # a fresh head and one full tail that moved into it
HEAD_CHARS_FRESH = 1200  # a head that must start anew is made this long, so that it can grow
SUFFIX_CHARS_MAX = 800
TAIL_LINES = 8
TAIL_CHARS_MAX = 1600  # behind the middle mark, before the anchors move
TAIL_CHARS_FRESH = 600  # of the last lines, when the anchors are set

# --- what is shown besides the window (echo_core.completion.context)
# ----------------------------------
CONTEXT_TOKENS = 0  # what more would bring is not shown yet (docs/performance.md)
CONTEXT_TOKENS_MAX = 4096  # half of the room that all prompts have together
CONTEXT_CHARS_PER_TOKEN = 3  # of code; it is more, so that tokens are seldom cut
CHUNK_CHARS_MAX = 600  # 15 to 20 lines: a function and how it begins
OUTLINE_CHARS_MAX = 600  # the imports of a file and its last ten signatures

# --- one completion ------------------------------------------------------------------------
COMPLETION_TOKENS_MAX = 64
COMPLETION_DEADLINE_MS = 8000  # after this nobody is still looking at the cursor
COMPLETION_DEADLINE_MS_MAX = 60_000  # that a person may set; the server waits as long for an answer
COMPLETION_LINES_MAX = 8

# --- the life of a gap (peers: Zed 10 s quiet, 5 min lifetime; Copilot 2 min then 5 s idle) --
GAP_ANCHOR_CHARS = 160  # of P and of S next to the cursor that must stay untouched
GAP_QUIET_MS = 10_000
GAP_LIFETIME_MS = 300_000
GAP_CURSOR_AWAY_MS = 5_000
GAP_CHARS_MAX = 16_384  # a gap that swallowed a pasted file teaches nothing
GAPS_LIVE_MAX = 4096  # of one document; the oldest expires first

# --- proposals -----------------------------------------------------------------------------
SHOWN_AFTER_MS = 250  # see docs/adr/0001: a ghost text gone sooner was not seen

# --- what a person verifies at a glance (echo_core.judging.truncation, docs/verification.md)
# ---------
GLANCE_LINES_MAX = COMPLETION_LINES_MAX  # more is never offered at once
GLANCE_CHARS_MAX = 320  # without indentation: 8 lines of 40, 10 s at 30 characters a second
GLANCE_CUTS_MAX = 8  # that a teacher is asked to choose among: one decision, not a search

# --- the context that is kept with a sample ------------------------------------------------
SAMPLE_PREFIX_CHARS_MAX = 8192
SAMPLE_SUFFIX_CHARS_MAX = 4096
