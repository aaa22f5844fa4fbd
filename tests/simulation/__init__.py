"""The whole engine on simulated locks, in simulated time, with everything going wrong by seed.

One process, one thread: two engines, their locks, people and the calls in between take turns on a
stage (`stage`, `world`). The engine, the models and the SQL are the real ones; what they reach
through their doors is not (`locks`, `trouble`, `people`). A checker (`checker`) holds sixteen
invariants against the truth while it goes on and in the end, and is itself tested with engines
that are broken on purpose (`broken`).

A schedule is 45 min of trouble and up to an hour of quiet. The longest limits are 15 min (a code
that stays too long, a command that lands late) and 10 min (nobody told): three of the one and four
of the other fit into the trouble one after the other, and codes begin and end within it. In the
quiet nothing new goes wrong; it ends as soon as everything has been as wanted for 11 min, in which
each lock is looked at twice and nothing may be written. What has not settled after an hour is
lost. Time goes from one moment at which something is due to the next, so most of a schedule is
spent on its queries.

Not simulated: two clocks that differ between machines, real threads and real processes, and
webhooks to partners. These have tests of their own.
"""
