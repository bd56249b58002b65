from __future__ import annotations

from typing import Any

import pytest

from pyanon.errors import InputError
from pyanon.policy import Policy


@pytest.mark.parametrize(
    "setting",
    [
        {"cover": "pixelate"},
        {"on_error": "ignore"},
        {"threshold": 1.5},
        {"threshold": "high"},
        {"margin": -0.1},
        {"coast": 61},
        {"lookahead": -1},
        {"lookahead": 2.5},
        {"lookahead": True},
        {"detail": 10},
        {"colour": (0, 0)},
        {"colour": (0, 0, 256)},
        {"prompts": ()},
        {"prompts": "face"},
        {"seed": -1},
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(setting: dict[str, Any]) -> None:
    (name,) = setting
    with pytest.raises(InputError, match=rf"Policy\.{name}.*given: .*expected: "):
        Policy(**setting)


def test_defaults_are_valid_and_readable() -> None:
    assert "cover=blur" in str(Policy())
