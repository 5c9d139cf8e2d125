"""Timers: what happens because of the time alone, as the organization's bot."""
