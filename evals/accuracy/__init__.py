"""How often the rules are right on drawn screens, read by the real reader: `make accuracy`.

reading → Seen (a screen, what was read, what each rule set says) → report, misreads, thresholds.
"""
