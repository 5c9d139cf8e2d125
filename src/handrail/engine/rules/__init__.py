"""Rules: if-this-then-that on fields and steps, compiled once per template version and run by every command."""
