"""`python -m cli` is `fundocr`."""

from cli.main import main

main()
