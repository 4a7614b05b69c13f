"""Screenshots of fund apps, drawn with known truth: for the samples, the accuracy report, tests.

facts → layouts (on a canvas) → Screen → degrade. Everything follows from a seed. Fund names,
houses and people are invented; no picture shows a real account.
"""
