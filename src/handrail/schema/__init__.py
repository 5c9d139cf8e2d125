"""The schema: tables, statements compiled once for both databases, and the one tree of migrations."""
