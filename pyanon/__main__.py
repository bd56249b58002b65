"""``python -m pyanon`` is ``pyanon``."""

import sys

from pyanon.cli import main

sys.exit(main())
