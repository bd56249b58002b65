"""What the exponential mechanism has spent: epsilon per face and in total."""

from __future__ import annotations

import math
from collections import defaultdict

from pyanon.errors import InputError

__all__ = ["EpsilonLedger"]


class EpsilonLedger:
    """Adds up the privacy loss of draws by basic composition: losses that concern one face add up.

    McSherry and Talwar, "Mechanism design via differential privacy", FOCS 2007, theorem 6 (one draw with exponent
    ``epsilon u / (2 sensitivity)`` loses epsilon); Dwork and Roth, "The algorithmic foundations of differential
    privacy", 2014, theorem 3.16 (losses add up).
    """

    def __init__(self) -> None:
        self._spent: defaultdict[int, float] = defaultdict(float)

    def spend(self, track: int, epsilon: float, *, all_groups: bool = True) -> None:
        """Note one draw for a face.

        Args:
            track: Number of the face's track.
            epsilon: What the draw was made with.
            all_groups: Whether every group could be chosen. With rank bounds that leave some out it is the face that
                says which, so that a bound on the loss does not exist: infinity is noted.

        Raises:
            InputError: Epsilon is not more than 0 and finite.
        """
        if not 0 < epsilon < math.inf:
            raise InputError(
                "epsilon is not a positive number",
                given=epsilon,
                expected="more than 0, finite",
                do="see docs/sampler.md",
            )
        self._spent[track] += epsilon if all_groups else math.inf

    @property
    def per_face(self) -> dict[int, float]:
        """Track number to what was spent on that face."""
        return dict(self._spent)

    @property
    def worst(self) -> float:
        """The most that was spent on one face: the loss where every person is one track."""
        return max(self._spent.values(), default=0.0)

    @property
    def total(self) -> float:
        """The sum over all faces: the loss where all tracks may be the same person."""
        return math.fsum(self._spent.values())
