"""Applications that act for an organization and its people: their secrets, and the tokens they get."""
