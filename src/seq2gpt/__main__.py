"""``python -m seq2gpt`` is the command ``seq2gpt``."""

import sys

from seq2gpt.cli import main

if __name__ == "__main__":
    sys.exit(main())
