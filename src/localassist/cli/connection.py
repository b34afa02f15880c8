"""Finds the server that has a data directory, through what it announced there; opens the directory itself if none."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import openai

from localassist.client import LocalAssist
from localassist.config import Config
from localassist.store.directory import EngineFile, read_engine_file


def find_server(config: Config) -> EngineFile | None:
    """The engine that has the data directory now, whether or not it serves others."""
    return None if config.in_memory else read_engine_file(config.directory)


@contextmanager
def connect(config: Config) -> Iterator[openai.OpenAI]:
    """A client; raises DataDirectoryInUse when a program has the directory that serves nobody else."""
    engine = find_server(config)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the SDK's, for the interface this is all about
        if engine is None or engine.url is None:
            with LocalAssist(config=config) as client:
                yield client
        else:
            with _over_http(config, engine.url) as client:
                yield client


def _over_http(config: Config, url: str) -> openai.OpenAI:
    """The SDK's client, which a proxy from the environment must not take to another machine."""
    key = config.api_keys[0] if config.api_keys else "localassist"
    http_client = openai.DefaultHttpxClient(trust_env=False)
    return openai.OpenAI(base_url=url, api_key=key, http_client=http_client, max_retries=0)
