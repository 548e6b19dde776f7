import sys

from trainers.benchmark.command import main

if __name__ == "__main__":
    sys.exit(main())
