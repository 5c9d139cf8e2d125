"""Trying templates: runs without a trace, saved runs with expectations, and what is wrong with rules (wire 2.32)."""
