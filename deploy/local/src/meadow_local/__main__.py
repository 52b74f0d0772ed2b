"""`python -m meadow_local`: the stack's commands alone, without the rest of the command line."""

from meadow_local.cli import app

app()
