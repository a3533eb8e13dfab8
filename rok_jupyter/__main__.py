"""`python -m rok_jupyter` is `rok`."""

from __future__ import annotations

import sys

from rok_jupyter.cli import main

sys.exit(main())
