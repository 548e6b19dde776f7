"""How linear saved networks are."""
