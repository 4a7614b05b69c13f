"""The front door: the HTTP server that callers and reviewers use, in front of TorchServe."""
