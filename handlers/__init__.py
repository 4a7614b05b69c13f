"""What TorchServe loads: two model handlers; a batch of requests in, one answer each out."""
