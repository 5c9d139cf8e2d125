"""Answers kept for repetitions of a request (`Idempotency-Key`)."""
