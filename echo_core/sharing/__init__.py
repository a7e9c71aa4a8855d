"""Who may say no to what, what may leave the machine, and in which bytes."""
