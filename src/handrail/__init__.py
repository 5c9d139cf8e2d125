"""Handrail: a workflow platform behind one public REST API."""
