"""Malformed requests, made from well-formed ones: whatever arrives, the API answers and lives.

`python -m tests.fuzz --requests 100000` is the long form (`make bench-fuzz`), `test_fuzz.py` the
one that every run of the tests has.
"""
