"""Which codes a lock has to be told of soon: to be put on it, or to be taken off it. Pure.

Being offline hurts nobody as long as there is nothing to tell the lock; `capabilities` draws that
conclusion from what is counted here.
"""

from datetime import datetime, timedelta

from accesscodes.values import Installed, LockTerms, Wish

DUE_WITHIN = timedelta(hours=24)
"""A code that starts, or ends, sooner than this is urgent."""


def holds_pin(wish: Wish, installed: Installed) -> bool:
    """Return whether the lock has, or may have, the PIN that is wanted now.

    A PIN that the lock hides counts as this one; a change that is let be counts as wanted.
    """
    content = installed.content
    if content is None or not installed.is_on_lock:
        return False
    return (
        installed.is_left_alone(wish)
        or None in (content.pin_index, wish.pin_index)
        or content.pin_index == wish.pin_index
    )


def is_to_go_on(wish: Wish, installed: Installed, terms: LockTerms, now: datetime) -> bool:
    """Return whether the lock has to be told of this code soon, so that its guest gets in.

    That it only has another name there is not urgent.
    """
    if wish.is_offline or wish.withdrawn_at is not None or wish.unwanted_since(now) is not None:
        return False
    if wish.starts_at is not None and wish.starts_at - now >= DUE_WITHIN:
        return False
    content, wanted = installed.content, wish.content(terms)
    if content is None or not holds_pin(wish, installed):
        return True
    is_same_window = (content.starts_at, content.ends_at) == (wanted.starts_at, wanted.ends_at)
    return not (is_same_window or installed.is_left_alone(wish))


def is_to_come_off(wish: Wish, installed: Installed, now: datetime) -> bool:
    """Return whether the lock has to be told soon that this code is over.

    Not where it stops the code by itself, no later than wanted: then only an entry is left.
    """
    ends = [at for at in (wish.withdrawn_at, wish.ends_at) if at is not None]
    if wish.is_offline or not installed.is_on_lock or not ends or min(ends) - now >= DUE_WITHIN:
        return False
    content = installed.content
    stops_by_itself = (
        content is not None
        and installed.keeps_window
        and content.ends_at is not None
        and content.ends_at <= min(ends)
    )
    return not stops_by_itself
