"""Generate: a painted face for every identity, in the light and the grain of its surroundings."""

from pyanon.stages.generate.generator import Generator

__all__ = ["Generator"]
