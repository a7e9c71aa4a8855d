"""What was counted, rates of it, and its drawings: what pages and terminals show of a store."""
