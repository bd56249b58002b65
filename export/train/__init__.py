"""Training recipes of the pocket pack."""
