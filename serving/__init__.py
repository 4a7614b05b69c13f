"""TorchServe and our own processes, as they are seen from outside."""
