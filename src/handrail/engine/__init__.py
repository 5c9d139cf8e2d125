"""The functional core: (template version, process state, command, clock) -> new state and what happened.

Synchronous, without I/O and without a framework. Nothing here imports the web, the database or the network.
"""
