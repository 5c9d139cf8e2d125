"""Tasks: of processes and one-off; their forms, completion and lists."""
