"""Track: faces over time, so that one the locator misses for a moment stays covered."""

from pyanon.stages.track.cuts import CutDetector
from pyanon.stages.track.lookahead import Lookahead
from pyanon.stages.track.steady import Steadier
from pyanon.stages.track.told import with_told
from pyanon.stages.track.tracker import Tracker, Witness

__all__ = ["CutDetector", "Lookahead", "Steadier", "Tracker", "Witness", "with_told"]
