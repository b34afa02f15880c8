"""What every command has in common: its place in the tree, the options each one takes, and how it fails."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from localassist.cli.failures import Reporting
from localassist.cli.session import Session

DataDir = Annotated[
    str | None,
    typer.Option("--data-dir", metavar="FOLDER", help="Where assistants, threads, files and models are kept."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show where in the program an error comes from.")]

Body = Callable[..., None]


def new_group(help_text: str, *, is_root: bool = False) -> typer.Typer:
    """A Typer that looks like all others here: plain help, no tracebacks of its own. The root installs completion."""
    return typer.Typer(
        help=help_text,
        no_args_is_help=True,
        add_completion=is_root,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def command(group: typer.Typer, name: str) -> Callable[[Body], Body]:
    """Make a function a command. Its first parameter gets the `Session`; the options of all commands are added."""

    def register(body: Body) -> Body:
        @functools.wraps(body)
        def run(*, data_dir: str | None, as_json: bool, debug: bool, **given: Any) -> None:
            session = Session(data_dir=data_dir, as_json=as_json, debug=debug)
            with Reporting(debug=debug), session:
                body(session, **given)

        _take_options_of(run, body)
        group.command(name)(run)
        return body

    return register


def _take_options_of(run: Body, body: Body) -> None:
    """Give `run` the signature of the body without its session, and the common options."""
    own = list(inspect.signature(body).parameters.values())[1:]
    parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    common = (("data_dir", DataDir, None), ("as_json", AsJson, False), ("debug", Debug, False))
    for name, annotation, default in common:
        parameters.append(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
        )
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters} | {"return": None}
    del run.__wrapped__  # type: ignore[attr-defined]
