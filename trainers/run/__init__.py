"""One training run: its options, its methods, its folder, what it leaves behind."""
