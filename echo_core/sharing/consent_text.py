"""What people are shown before they switch something on, and the digest that they agreed to.

docs/consent.md is made from it. The digest covers the words and the lines of the data dictionary
that they are about: who agreed is asked again when either changes.

Left out: the answers (`echo_daemon.store.consent`), what follows (`echo_core.sharing.consent`).
"""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from typing import Final

from echo_core.sharing.consent import Switch
from echo_core.sharing.dictionary import lines

VERSION: Final = "3"  # for people; the digest decides

TEXTS: Final[dict[Switch, str]] = {
    Switch.RECORD: """\
Echo may record on this machine what you edit: the text of the files you open, every edit,
what was proposed to you and what you did with it.
The record is encrypted, its key is on this machine, and nothing of it leaves this machine
unless you switch on one of the others.
You can switch recording off at any time and delete the record.
""",
    Switch.CONTRIBUTE: """\
Echo may send samples of what you kept to the trainer that is named in your settings: up to 8,192
characters before the cursor, what you kept there, and up to 4,096 characters behind it.
A sample is sent only after every check passed, in folders whose licence is permissive or of which
you said that you have the right to share them.
Never sent: the names of files and folders, your name, this machine's, a repository's address,
authors, branches, and any time finer than a day. What was proposed to you is not sent either,
unless you set `sharing.rejected`: then a sample also holds up to 4,096 characters that were
proposed there, shown to you and not kept, after the same checks for safety.
Samples wait a day (`sharing.delay_hours`), and until they are sent you can read each as it would
be sent and drop it.
They are encrypted for the trainer and signed with a pseudonym that changes every week.
The text itself may tell who wrote it: names that the checks do not know, a style, an unusual
project. Whoever carries the upload sees this machine's address and about how much is sent.
Switching it off empties what waits, and asks the trainer to delete what was sent; models that were
made from it meanwhile are not made again before their next version.
What you imported from a repository's history is not among these samples: it has a switch of its
own.
""",
    Switch.HISTORY: """\
Echo may also send samples of what you imported with `echoctl import git`: what commits of a
repository changed, with what stood around it, whenever that was, and whoever wrote it.
It is sent only while contributing is on, too, and under the same rules: only from folders whose
licence is permissive or of which you said that you have the right to share them, after every
check passed, after the same wait, under the same limits of a day, and never with a name, an
address, a commit or an author. A sample holds the day of its commit.
Where a repository is public, whoever can read a sample can find its commit there, and with it
who wrote it.
These samples are signed with a pseudonym of their own, which changes every week. Switching it off
empties what waits of them, and asks the trainer to delete those that were sent and no others.
Switching contributing off does the same.
""",
    Switch.METRICS: """\
Echo may send counters once a week to the trainer that is named in your settings: for each language
and model, how many proposals were shown and accepted, how many characters were accepted, kept and
typed, and how long answers took.
No text is sent, and no name of a file.
The counters are encrypted for the trainer and signed with a pseudonym that changes every week.
Whoever carries the upload sees this machine's address.
""",
    Switch.TEACHER_ENDPOINT: """\
Echo may ask the endpoint that is named in your settings (`teacher.endpoint`) where the first
logical unit of what you kept ends, and whether silence was wanted: it sends up to 400 characters
before the cursor, up to 1,200 of what you kept there, and up to 300 behind it.
Names, addresses and the like are hidden in what stands around the cursor, and nothing is sent of
what a check for credentials or personal data dropped. No name of a file or folder is sent.
Whoever runs the endpoint can read this text, keeps it as their own terms say, and knows you by the
credential that you gave Echo for it.
Switching it off stops it at once; what was sent cannot be taken back by Echo.
""",
}


@cache
def text_digest(switch: Switch) -> str:
    """What an answer is recorded with: another digest means that it must be given again."""
    said = [
        (line.record, line.field, line.purpose, line.category, line.kept, line.leaves)
        for line in lines(switch)
    ]
    whole = json.dumps([TEXTS[switch], said], ensure_ascii=True, separators=(",", ":"))
    return sha256(whole.encode("ascii")).hexdigest()
