"""Groups: named sets of members and guests that are assigned and given permissions together."""
