"""What the papers claim, what was measured, and what follows by a stated rule."""
