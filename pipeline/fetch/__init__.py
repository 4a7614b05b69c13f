"""A link becomes bytes: where it may lead, and how they are asked for."""
