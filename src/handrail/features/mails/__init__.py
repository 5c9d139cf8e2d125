"""Mails: promised in a transaction, sent after it, and what became of them."""
