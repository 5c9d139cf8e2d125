"""The tests. Their tree mirrors src/handrail; see CONTRIBUTING.md."""
