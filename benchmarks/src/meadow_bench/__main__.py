"""`python -m meadow_bench`."""

from meadow_bench.cli import main

# Children are started afresh and import this module too.
if __name__ == "__main__":
    main()
