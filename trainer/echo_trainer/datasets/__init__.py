"""The services of curation: envelopes become samples, samples versions, and wishes nothing at all.

    opening   what waits is opened, looked at again and put into the lake
    problems  files of evaluation problems
    deciding  from the facts of all samples to the ones that are taken
    making    one version, from the lake to its manifest
    deletion  wishes are fulfilled in the lake
    audit     every file of every store is searched for what must not be there

Left out: tables and engines (`echo_trainer.lake`), rules (`echo_trainer.curation`), pages
(`echo_trainer.reports`).

Rules
 - Wishes come first: before anything is opened, what must go goes.
"""
