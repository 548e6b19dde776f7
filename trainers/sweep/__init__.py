"""Many runs from one file: which they are, where they go, what they leave."""
