"""`python -m bench` runs the suite."""

from bench.run import main

if __name__ == "__main__":
    raise SystemExit(main())
