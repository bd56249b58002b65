"""Select: which of the located faces are meant, by photo or in words, and how sure that is."""

from pyanon.stages.select.chances import LEAST, SURE, combined, crowded, nearest_middle, on_side, opinions, ordered
from pyanon.stages.select.photo import Alike
from pyanon.stages.select.votes import Ballot, Votes

__all__ = [
    "LEAST",
    "SURE",
    "Alike",
    "Ballot",
    "Votes",
    "combined",
    "crowded",
    "nearest_middle",
    "on_side",
    "opinions",
    "ordered",
]
