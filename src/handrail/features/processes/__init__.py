"""Processes: running copies of templates."""
