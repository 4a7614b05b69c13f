"""`fundocr`, the command line."""
