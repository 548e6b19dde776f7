"""The comparison of ERM, mixup and MixupE on tabular data."""
