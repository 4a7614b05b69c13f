"""Screens that look like real apps: HTML and CSS templates, made-up facts, drawn by Chromium."""
