"""Records: what tags, folders and the like are put on, whatever its type."""
