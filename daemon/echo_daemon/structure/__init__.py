"""What a document's syntax says about the cursor: line or block, comment, string."""
