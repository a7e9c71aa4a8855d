"""What is checked of a sample before it may be kept: pure judgements, each with a verdict.

One module a check. A check is `(case, facts) -> Verdict`, deterministic, with a name and a
version; what it has to know of the outside (what a parser says, what the machine's user is
called) comes in as an argument.

Left out: parsers and models (`echo_daemon.structure`, `echo_engine`), and in which order
and when checks run (`echo_daemon.distilling`).

Rules
 - Unknown is not good: a check that cannot tell says `UNCHECKED` with a cause, and one that
   crashes has dropped the sample.
 - A verdict never holds source text: a cause, a span, numbers and names of classes.
 - A check that comes to judge otherwise gets a higher version: what it judged before is judged
   again.
"""
