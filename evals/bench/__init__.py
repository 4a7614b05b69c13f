"""How fast the service is beside others on the same machine: `make bench`.

pictures → host (every link has bytes of its own) → load (callers) → ours, peers, bound → report.
"""
