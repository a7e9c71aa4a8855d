"""Text and places in it: a document, its edits, a text that is cheap to edit, where lines end."""
