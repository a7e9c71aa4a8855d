"""What is recorded and said: events, reasons, the messages of the wire, and their written forms."""
