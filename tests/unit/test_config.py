import pytest
from pydantic import ValidationError

from localassist.config import Config
from localassist.errors import InvalidRequest


def test_arguments_beat_the_environment_which_beats_the_file_which_beats_the_default(tmp_path, monkeypatch):
    file = tmp_path / "config.toml"
    file.write_text("port = 1111\nthreads = 3\nmax_turn_tokens = 5\n")
    monkeypatch.setenv("LOCALASSIST_CONFIG_FILE", str(file))
    monkeypatch.setenv("LOCALASSIST_PORT", "2222")
    monkeypatch.setenv("LOCALASSIST_THREADS", "4")
    config = Config(port=3333)
    assert (config.port, config.threads, config.max_turn_tokens, config.run_expires_after_s) == (3333, 4, 5, 600)


def test_a_file_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    file = tmp_path / "config.toml"
    file.write_text("port = = 1")
    monkeypatch.setenv("LOCALASSIST_CONFIG_FILE", str(file))
    with pytest.raises(InvalidRequest, match=str(file)):
        Config()


def test_an_unknown_setting_is_refused():
    with pytest.raises(ValidationError, match="colour"):
        Config(colour="red")


def test_zero_is_a_value():
    assert Config(port=0, seed=0).seed == 0
