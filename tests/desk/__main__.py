"""Write docs/words.md anew: which code of the wire leads to which words at the desk."""

import os

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.desk import wire_words

    wire_words.DOCUMENT.write_text(wire_words.document())
