"""Training recipes of the networks that replace a face: oracles, autoencoder, encoder and generator."""
