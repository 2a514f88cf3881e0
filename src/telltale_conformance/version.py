"""The version of the distribution: its one home, read by the build, by ``--version`` and by every report."""

from typing import Final

HARNESS_VERSION: Final = "0.2.0"
