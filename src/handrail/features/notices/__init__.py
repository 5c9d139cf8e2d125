"""Mails about tasks: who is told of what others did."""
