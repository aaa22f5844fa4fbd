"""Seeds that failed once, with what they found. They run first."""

FAILED_ONCE: tuple[int, ...] = ()
