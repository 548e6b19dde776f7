import sys

from trainers.claims.command import main

if __name__ == "__main__":
    sys.exit(main())
