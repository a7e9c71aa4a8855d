"""What a run of curation did, for people and for programs: one page, one document.

    frame      what all pages look like
    bars       counts as bars, drawn in SVG
    intervals  differences with where they may lie, likewise
    page       the page
    facts      the document

Left out: where they are kept (`echo_trainer.lake`).

Rules
 - No source text and no pseudonym is in a report; a page loads nothing from elsewhere.
"""
