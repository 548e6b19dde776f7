"""Data sets by where they are from, one module each."""
