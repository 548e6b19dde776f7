"""What figures, claims and reports rest on, read from wherever it is."""
