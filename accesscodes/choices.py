"""Words that are stored in columns; a leaf that imports nothing of ours."""

from django.db.models import TextChoices


class Kind(TextChoices):
    """How long a code is meant to work."""

    ONGOING = "ongoing", "Until removed"
    TIME_BOUND = "time_bound", "Dates"


class Status(TextChoices):
    """What we say of a code: Seam's words, and `gone` for a code that is proven off the lock."""

    UNSET = "unset", "Scheduled"
    SETTING = "setting", "Programming"
    SET = "set", "Active"
    REMOVING = "removing", "Removing"
    UNKNOWN = "unknown", "Unknown"
    GONE = "gone", "Removed"


class Placement(TextChoices):
    """What we believe of one entry on a lock: a fact, kept apart from what we say of the code."""

    ABSENT = "absent", "Not on the lock"
    WRITING = "writing", "Being written"
    PRESENT = "present", "On the lock"
    ERASING = "erasing", "Being erased"

    @classmethod
    def on_lock(cls) -> "list[Placement]":
        """Return those of an entry that is, or may be, on the lock."""
        return [cls.WRITING, cls.PRESENT, cls.ERASING]


class ForeignWish(TextChoices):
    """What somebody wants of an entry that is not ours; empty: that it is left alone."""

    CONVERT = "convert", "Take over"
    REMOVE = "remove", "Remove"


class CommandAction(TextChoices):
    """What a lock was asked to do."""

    PROGRAM = "program", "Program"
    UPDATE = "update", "Update"
    REMOVE = "remove", "Remove"
    CONVERT = "convert", "Take over"


class Outcome(TextChoices):
    """How a command ended; empty while it is under way."""

    ACCEPTED = "accepted", "Accepted"
    REFUSED = "refused", "Refused"
    UNREACHABLE = "unreachable", "No clear answer"
    LOST = "lost", "Engine died before the answer"
    CRASHED = "crashed", "Failed inside Locksite"


class AttemptStatus(TextChoices):
    """State of an action attempt, in Seam's words."""

    PENDING = "pending", "Pending"
    SUCCESS = "success", "Success"
    ERROR = "error", "Error"


class Severity(TextChoices):
    """How much a problem matters."""

    BAD = "bad", "Act now"
    WARN = "warn", "Watch"


class EventType(TextChoices):
    """Event types about codes that Locksite itself writes."""

    CREATED = "access_code.created"
    CHANGED = "access_code.changed"
    NAME_CHANGED = "access_code.name_changed"
    CODE_CHANGED = "access_code.code_changed"
    TIME_FRAME_CHANGED = "access_code.time_frame_changed"
    MUTATIONS_REQUESTED = "access_code.mutations_requested"
    SCHEDULED_ON_DEVICE = "access_code.scheduled_on_device"
    SET_ON_DEVICE = "access_code.set_on_device"
    REMOVED_FROM_DEVICE = "access_code.removed_from_device"
    DELAY_IN_SETTING = "access_code.delay_in_setting_on_device"
    FAILED_TO_SET = "access_code.failed_to_set_on_device"
    DELAY_IN_REMOVING = "access_code.delay_in_removing_from_device"
    FAILED_TO_REMOVE = "access_code.failed_to_remove_from_device"
    DELETED = "access_code.deleted"
    MODIFIED_EXTERNALLY = "access_code.modified_external_to_seam"
    DELETED_EXTERNALLY = "access_code.deleted_external_to_seam"
    BACKUP_PULLED = "access_code.backup_access_code_pulled"
    UNMANAGED_CREATED = "access_code.unmanaged.created"
    UNMANAGED_REMOVED = "access_code.unmanaged.removed"
    CONVERTED_TO_MANAGED = "access_code.unmanaged.converted_to_managed"
    FAILED_TO_CONVERT = "access_code.unmanaged.failed_to_convert_to_managed"
