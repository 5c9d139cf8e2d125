"""Tags: words that group templates, processes and tasks."""
