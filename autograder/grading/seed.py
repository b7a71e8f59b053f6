"""The private seed from which graded inputs are drawn."""

import os
import secrets
from pathlib import Path

SEED_VARIABLE = "SEQ2GPT_GRADING_SEED"
SEED_FILE = ".grading_seed"  # in the folder where a class is graded


def grading_seed(path: Path) -> str:
    """The seed from the environment, else from the file ``path``, which is written at first use."""
    if seed := os.environ.get(SEED_VARIABLE, ""):
        return seed
    if not path.exists() or not path.read_text().strip():  # a full disk leaves an empty file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(16) + "\n")
    return path.read_text().strip()
