"""Starts, watches and stops TorchServe and the front door, and changes the versions that serve."""
