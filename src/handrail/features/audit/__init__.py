"""The audit log: who changed people, rights, tokens and settings, in a chain that shows when it was tampered with."""
