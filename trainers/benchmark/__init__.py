"""What steps cost, timed in turn."""
