"""Folders: two trees, one of templates, one of processes and tasks. They arrange, and give no rights (engine 11.3)."""
