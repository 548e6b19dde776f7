import sys

from trainers.sweep.command import main

if __name__ == "__main__":
    sys.exit(main())
