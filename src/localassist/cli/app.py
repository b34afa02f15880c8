"""The tree of commands."""

from localassist.cli import (
    assistants,
    chat,
    config,
    doctor,
    files,
    models,
    runs,
    search_index,
    serve,
    stores,
    threads,
    transfer,
)
from localassist.cli.command import Body, command, new_group

app = new_group("The Assistants API on your own machine, on open-weight models.", is_root=True)

GROUPS: dict[str, tuple[str, dict[str, Body]]] = {
    "models": (
        "Models: what is installed, and getting more.",
        {
            "list": models.list_models,
            "show": models.show_model,
            "pull": models.pull_model,
            "remove": models.remove_model,
        },
    ),
    "assistants": (
        "Assistants: a model with instructions and tools.",
        {
            "list": assistants.list_assistants,
            "show": assistants.show_assistant,
            "create": assistants.create_assistant,
            "remove": assistants.remove_assistant,
        },
    ),
    "threads": (
        "Threads: conversations.",
        {"list": threads.list_threads, "show": threads.show_thread, "remove": threads.remove_thread},
    ),
    "runs": (
        "Runs: what assistants are doing, and did.",
        {"list": runs.list_runs, "show": runs.show_run, "watch": runs.watch_run, "cancel": runs.cancel_run},
    ),
    "files": (
        "Files: what was uploaded.",
        {
            "list": files.list_files,
            "show": files.show_file,
            "add": files.add_files,
            "get": files.get_file,
            "remove": files.remove_file,
        },
    ),
    "stores": (
        "Vector stores: files that can be searched.",
        {
            "list": stores.list_stores,
            "show": stores.show_store,
            "create": stores.create_store,
            "add": stores.add_to_store,
            "search": stores.search_store,
            "detach": stores.detach_file,
            "remove": stores.remove_store,
        },
    ),
    "index": (
        "The index of file search.",
        {"verify": search_index.verify_index, "rebuild": search_index.rebuild_index},
    ),
}

command(app, "serve")(serve.serve)
command(app, "chat")(chat.chat)
for group_name, (help_text, bodies) in GROUPS.items():
    group = new_group(help_text)
    for command_name, body in bodies.items():
        command(group, command_name)(body)
    app.add_typer(group, name=group_name)
command(app, "import")(transfer.import_objects)
command(app, "export")(transfer.export_objects)
command(app, "doctor")(doctor.doctor)
command(app, "config")(config.show_config)
