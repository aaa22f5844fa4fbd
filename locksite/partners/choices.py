"""Words that are stored in columns; a leaf that imports nothing of ours."""

from django.db.models import TextChoices


class DeliveryState(TextChoices):
    """How one delivery stands."""

    PENDING = "pending", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"
    STOPPED = "stopped", "Stopped"


class Failure(TextChoices):
    """Why an attempt to deliver failed."""

    ANSWER = "answer", "Answered with an error"
    TIMEOUT = "timeout", "No answer in time"
    CONNECTION = "connection", "No connection"
    ADDRESS = "address", "Address not allowed"
    INTERNAL = "internal", "Failed inside Locksite"
