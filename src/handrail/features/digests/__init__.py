"""Daily digests: what waits for a person, by mail, in the morning."""
