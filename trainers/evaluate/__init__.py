"""What is measured on a finished run or a saved network."""
