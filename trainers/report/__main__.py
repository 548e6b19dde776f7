import sys

from trainers.report.command import main

if __name__ == "__main__":
    sys.exit(main())
