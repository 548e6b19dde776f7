import sys

from trainers.toys.command import main

if __name__ == "__main__":
    sys.exit(main())
