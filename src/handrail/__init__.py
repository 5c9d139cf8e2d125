"""Handrail: a workflow platform behind one public REST API."""

__version__ = "0.1.0"
