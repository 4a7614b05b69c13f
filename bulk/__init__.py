"""Backfill of many pictures: source → lines → batches → the service's pipeline → rows and a report.

In one process, or by readers on the machines of a Ray cluster (`fundocr backfill`).
"""
