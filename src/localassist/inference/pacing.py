"""How many prompt tokens to read in a step beside tokens that are being written."""

_FIRST_CHUNK, _SMALLEST_CHUNK = 32, 8
_WEIGHT = 0.3


class Pace:
    """Keeps a step within its budget, by what reading and writing cost so far."""

    def __init__(self, budget_s: float) -> None:
        self._budget_s = budget_s
        self._read_token_s: float | None = None
        self._write_step_s = 0.0

    def chunk(self) -> int:
        """Prompt tokens that fit into a step in which others are being written to."""
        if self._read_token_s is None:
            return _FIRST_CHUNK
        return max(_SMALLEST_CHUNK, int((self._budget_s - self._write_step_s) / self._read_token_s))

    def observe(self, seconds: float, *, num_read: int, num_written: int) -> None:
        """Learn from a step."""
        if num_read == 0:
            self._write_step_s += _WEIGHT * (seconds - self._write_step_s)
            return
        reading_s = seconds - (self._write_step_s if num_written else 0.0)
        cost = max(reading_s / num_read, 1e-6)
        if self._read_token_s is None:
            self._read_token_s = cost
        elif num_read >= _SMALLEST_CHUNK:
            self._read_token_s += _WEIGHT * (cost - self._read_token_s)
