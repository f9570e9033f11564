"""`python -m nomoat` is `nomoat`."""

import sys

from nomoat.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
