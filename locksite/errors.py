"""The one error that a rule of the domain raises; a leaf that every layer may import."""

from datetime import timedelta


class RuleBroken(Exception):  # noqa: N818  (it states what happened; it is not a fault of the program)
    """A rule said no to something that a person or a partner asked for.

    `code` is a short constant such as ``duplicate_access_code``; `message` is a sentence that may
    be shown as it is and never holds a PIN; `field` names the input it belongs to, or is ``None``
    when the message is about several. The wire turns it into an error body, a form puts it next to
    its field.
    """

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.field = field


class TooOften(RuleBroken):
    """Asked for too often; in `wait` it may be asked again."""

    def __init__(self, message: str, wait: timedelta) -> None:
        super().__init__("rate_limit_exceeded", message)
        self.wait = wait
