"""How much of a person's identity a covered face still gives away, measured by attacking it.

The attacker knows the tool and its settings, is told where each face was, has thousands of other people's faces
before and after covering to adapt a recogniser to the cover, and ranks 21 candidates of whom it has clean pictures.
`docs/covers.md` tells the method and the figures; ``python -m benchmarks.cover_privacy`` prints them.
"""
