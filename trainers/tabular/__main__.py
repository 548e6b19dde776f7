import sys

from trainers.tabular.command import main

if __name__ == "__main__":
    sys.exit(main())
