"""What this machine can do at best: databases alone, HTTP alone, and the least server that does the whole job."""
