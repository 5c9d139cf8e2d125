"""Organizations: the tenants and their settings."""
