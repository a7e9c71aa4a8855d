"""The administrators' console: pages on loopback that show what a trainer holds and decides.

    parts       what the pages are made from
    steps       which command comes next
    overview, contributions, datasets, runs, releases, experiments   what is on pages, as values
    charts      the same as plots, each with its table
    deeds       what can be done here: what `echo-trainer release` and `tokens revoke` do
    reading     from an address to a page
    pages       what stands behind the port
    words       filters of the templates

Left out: sessions, sockets and the frame of pages (`echo_pages`); the work itself, which is done by
the services that the commands ask. docs/console.md describes it all.

Rules
 - No text of a sample and no pseudonym is on any page: what is shown is counted, and a wish is
   named by its own digest. Nothing here opens an envelope or a row.
 - Looking changes nothing. What a form does is shown before it is done, with the command that does
   the same.
 - What cannot be read is said in its place; the rest of a page is shown all the same.
"""
