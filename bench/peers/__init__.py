"""Other people's engines, each in a virtual environment of its own, doing the same job."""
