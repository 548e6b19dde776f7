"""Small data sets on which mixup fails, or provably does not."""
