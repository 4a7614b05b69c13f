"""`make audit`: what we ship, whether each part is pinned, and what is known against it."""
