"""What TorchServe loads: thin, one batch in, one answer each out."""
