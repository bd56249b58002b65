"""Sample: a synthetic identity for every track, drawn once and held for the track's life."""

from pyanon.stages.sample.choice import GroupChoice
from pyanon.stages.sample.prior import Prior
from pyanon.stages.sample.sampler import Sampler

__all__ = ["GroupChoice", "Prior", "Sampler"]
