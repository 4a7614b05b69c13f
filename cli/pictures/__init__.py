"""Pictures and pages without a service: read, judged, many at once."""
