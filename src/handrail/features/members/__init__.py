"""Members: the people of an organization, their tokens and invitations."""
