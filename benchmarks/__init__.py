"""What reproduces every published figure: one command each, ``python -m benchmarks.NAME --help``."""
