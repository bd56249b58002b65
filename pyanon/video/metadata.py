"""Which of a source's descriptions are harmless enough to be kept, on request."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["harmless_tags"]

#: What may stay in a video. Not on it, so never kept: places, names of people and devices, comments, thumbnails.
_TAGS = frozenset({"title", "copyright", "creation_time", "date", "genre", "language"})


def harmless_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags of a video that may be kept.

    Args:
        tags: The global tags of a container.
    """
    return {name: text for name, text in tags.items() if name.lower() in _TAGS}
