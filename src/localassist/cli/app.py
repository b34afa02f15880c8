"""The tree of commands."""

from localassist.cli import serve
from localassist.cli.command import command, new_group

app = new_group("The Assistants API on your own machine, on open-weight models.")

command(app, "serve")(serve.serve)


@app.callback()
def root() -> None:
    """The Assistants API on your own machine, on open-weight models."""
