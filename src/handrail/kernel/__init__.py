"""Plain words everybody may use: ids, time, errors, permissions. Imports nothing else of the project."""
