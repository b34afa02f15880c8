"""`localassist serve`: the API over HTTP, until it is stopped."""

import json
import sys
from typing import Annotated

import typer

from localassist.cli.loading import loading_bar
from localassist.cli.session import Session

Host = Annotated[str | None, typer.Option("--host", metavar="ADDRESS", help="The address to listen on.")]
Port = Annotated[int | None, typer.Option("--port", "-p", metavar="NUMBER", help="The port; 0 picks a free one.")]
ModelName = Annotated[
    str | None, typer.Option("--model", "-m", metavar="NAME", help="The default model: a name or a GGUF file.")
]
ContextWindow = Annotated[
    int | None, typer.Option("--context-window", metavar="TOKENS", help="Tokens per conversation.")
]
Threads = Annotated[int | None, typer.Option("--threads", metavar="NUMBER", help="CPU threads for inference.")]
GpuLayers = Annotated[int | None, typer.Option("--gpu-layers", metavar="NUMBER", help="Layers on the GPU; -1 is all.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens on stderr.")]


def serve(
    session: Session,
    *,
    host: Host = None,
    port: Port = None,
    model: ModelName = None,
    context_window: ContextWindow = None,
    threads: Threads = None,
    gpu_layers: GpuLayers = None,
    verbose: Verbose = False,
) -> None:
    """Serve the API on this machine until Ctrl-C.

    Other commands on the same data directory find the server and use it.
    """
    import logging

    from localassist.cli.log import log_to_stderr
    from localassist.engine import Engine
    from localassist.http.access import Access
    from localassist.http.server import serve as serve_http

    config = session.config(
        host=host, port=port, model=model, context_window=context_window, threads=threads, gpu_layers=gpu_layers
    )
    # The model in a process of its own: a crash of native code does not take the server down with it.
    config = config.model_copy(update={"inference": config.inference or "worker"})
    with log_to_stderr(logging.INFO if verbose else logging.WARNING), Engine.open(config) as engine:
        with loading_bar("the model", is_shown=sys.stderr.isatty() and not session.as_json) as update:
            preloaded = engine.preload(update)

        def on_ready(url: str) -> None:
            engine.announce(url)
            _report(session, url, model=preloaded)

        serve_http(engine, host=config.host, port=config.port, access=Access.from_config(config), on_ready=on_ready)


def _report(session: Session, url: str, *, model: str | None) -> None:
    if session.as_json:
        print(json.dumps({"url": url, "model": model}), flush=True)
        return
    print(f"Ready at {url}", flush=True)
    print(f"  model  {model or 'none installed'}")
    print("Stop with Ctrl-C.", flush=True)
