"""The front door: existing callers' two paths in front of TorchServe."""
