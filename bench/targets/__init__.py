"""The servers under test, each behind the same few verbs."""
