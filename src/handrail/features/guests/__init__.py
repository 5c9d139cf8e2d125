"""Guests: people outside of the organization, known by their address and reached by a link of their own."""
