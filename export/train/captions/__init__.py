"""Recipes of the networks that read and write captions."""
