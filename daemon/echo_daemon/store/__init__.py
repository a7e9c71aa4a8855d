"""The encrypted store: keys, schema, the append path, reading.

`recorder.Store` ties the parts together; nothing outside this folder needs to know SQLCipher.
"""
