"""Checks of the sample templates under examples/, made on the files alone: no server takes part."""
