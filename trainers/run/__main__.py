import sys

from trainers.run.command import main

if __name__ == "__main__":
    sys.exit(main())
