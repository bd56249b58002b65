"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes says more about the machine than about the code.
settings.register_profile("pyanon", deadline=None, print_blob=True)
settings.load_profile("pyanon")
