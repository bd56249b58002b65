"""What becomes of captions that people wrote by hand, with what gives somebody away marked in them."""
