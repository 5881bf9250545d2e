"""What several test files need."""

import os
from pathlib import Path

import pytest
from viewer import page, small

__all__ = ["page", "small"]

REAL = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real files; without it tests are skipped, but never on a build server."""
    if REAL.is_dir():
        return REAL
    if os.environ.get("CI"):
        pytest.fail("the real files are not beside the project, though CI is set")
    pytest.skip("the real files are not beside the project")
