"""Explaining tasks: why each is as it is."""
