"""`echo-trainer`: one module a group of commands.

main    the group; names every command and its module, and imports none
around  what the commands work with: home, settings, clock
show    settings
"""
