"""Activity: the feed people read, and the events that leave the house."""
