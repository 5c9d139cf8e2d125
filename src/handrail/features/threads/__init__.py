"""Threads: comments, problems that block, and their resolutions, on tasks, processes and templates (engine 8)."""
