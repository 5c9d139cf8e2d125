"""Handrail's benchmarks: the floors of the machine, peers doing the same job, and the scenarios ours is held to."""
