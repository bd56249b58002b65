"""Measures of what an anonymization kept and what it gave away."""
