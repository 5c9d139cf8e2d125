"""Alembic's entry: one tree of migrations for both databases."""

from alembic import context

from handrail.schema.migrate import run_in

run_in(context)
