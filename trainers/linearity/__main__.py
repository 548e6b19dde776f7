import sys

from trainers.linearity.command import main

if __name__ == "__main__":
    sys.exit(main())
