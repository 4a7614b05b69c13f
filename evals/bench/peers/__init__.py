"""The systems that the service is compared with, each in an environment of its own."""
