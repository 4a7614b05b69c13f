"""Long drills before a release: fuzzed input, a table of a million rows."""
