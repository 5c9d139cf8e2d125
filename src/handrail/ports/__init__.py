"""Protocols only: what the features need of the world. Every port has an embedded and a scale-out adapter."""
