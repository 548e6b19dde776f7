"""Experiments: each module is a command, each package what commands are made of."""
