"""The claims, one module for each kind of evidence."""
