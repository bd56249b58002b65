"""The stages of the corridor, one file each; none knows another."""
