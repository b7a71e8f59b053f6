"""The same attacks when an ordinary user grades: these tests run once more, as a user that nobody is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.jail.available import no_namespaces_because

HERE = Path(__file__).parent


@pytest.mark.skipif(os.getuid() != 0, reason="the tests run as an ordinary user already")
@pytest.mark.skipif(bool(no_namespaces_because()), reason=f"no jail here: {no_namespaces_because()}")
@pytest.mark.parametrize(
    "name", ["test_jail_attacks.py", pytest.param("test_jail_faults.py", marks=pytest.mark.slow)]
)
def test_everything_holds_for_an_ordinary_user(name: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [
        sys.executable,
        str(HERE / "jail_places.py"),
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        str(HERE / name),
    ]
    result = subprocess.run(
        command, capture_output=True, text=True, timeout=600, env=environment, cwd=HERE.parent
    )
    last = result.stdout.strip().splitlines()[-1:]
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-1000:]
    assert "passed" in "".join(last)
