"""Our own worker: a job worker like any other. It claims jobs, runs providers in child processes, reports results.

identity.py    who holds a job, and whether that process still lives
orders.py      a job as the order for a child process
performing.py  one job from its order to its result
log.py         the live log on its way to the database
loop.py        claiming, renewing, duties, draining
"""
