"""The scenarios, one file each; a file adds its cells to the run."""
