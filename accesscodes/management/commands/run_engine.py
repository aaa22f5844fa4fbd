"""`manage.py run_engine`: keep the locks as people want them, until told to stop."""

import signal
import threading
import uuid
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accesscodes.api.serializers import event_text
from accesscodes.engine.bolts import Hands
from accesscodes.engine.clock import ClockGuard
from accesscodes.engine.cloud import driver_for
from accesscodes.engine.lists import Lists
from accesscodes.engine.reconcile import reconcile
from accesscodes.engine.watchdog import thin_readings, watch
from accesscodes.engine.worker import Job, Worker
from accesscodes.pool import tend
from locksite.database import database_now
from locksite.doors import real_doors
from locksite.partners.deliveries import fan_out, prune
from locksite.partners.repeats import forget_answers
from locksite.partners.sending import Sender
from properties import notices
from properties.providers.registry import bolt_for

OFTEN = timedelta(milliseconds=500)
"""How often we look for events that partners are to be sent."""


class Command(BaseCommand):
    """Start one engine. Any number may run; SIGTERM or Ctrl-C stops it cleanly."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--threads",
            type=int,
            default=settings.LOCKSITE_ENGINE_THREADS,
            help="how many locks to work on at the same time",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["threads"] < 1:
            raise CommandError("--threads must be at least 1.")
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        doors = real_doors(stop)
        engine_id = uuid.uuid4()
        self.stdout.write(f"Engine {engine_id} is running.")
        clock = ClockGuard(doors, database_now)
        sender = Sender(doors.now)
        hands = Hands(doors, bolt_for)
        lists = Lists(doors)
        Worker(
            engine_id,
            doors=doors,
            stop=stop,
            work_on=lambda lease: reconcile(lease, doors, driver_for, is_right=clock.is_right),
            clock=clock,
            jobs=[
                Job("watchdog", timedelta(seconds=30), watch),
                Job("accounts", timedelta(seconds=2), lists.run),
                Job("doors", timedelta(milliseconds=500), hands.run),
                Job("spare codes", timedelta(seconds=20), tend),
                Job("readings", timedelta(hours=1), thin_readings),
                Job("stored answers", timedelta(minutes=10), forget_answers),
                Job("events", OFTEN, lambda now: fan_out(now, event_text)),
                Job("deliveries", OFTEN, sender.send_due),
                Job("old deliveries", timedelta(hours=1), prune),
                Job("old notices", timedelta(hours=1), notices.prune),
            ],
            threads=options["threads"],
        ).run()
        sender.close()
        hands.close()
        lists.close()
        self.stdout.write(f"Engine {engine_id} has stopped.")
