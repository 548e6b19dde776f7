import sys

from trainers.evaluate.command import main

if __name__ == "__main__":
    sys.exit(main())
