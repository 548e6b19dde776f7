"""Figures of sweeps: what is drawn, as rows, and how."""
