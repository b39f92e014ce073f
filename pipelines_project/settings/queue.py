"""django-q2, which carries work that may wait a second. The figures are argued in docs/decisions/."""

Q_CLUSTER = {
    "name": "headrace",
    "orm": "default",
    "broker_class": "apps.core.broker.DatabaseTimed",  # the same, by the database's clock
    "workers": 1,
    "queue_limit": 1,
    "bulk": 1,
    "poll": 0.5,
    "timeout": 60,
    "retry": 210,  # longer than timeout × (2 + queue_limit ÷ workers) + 30, or a task runs twice
    "max_attempts": 3,
    "ack_failures": True,
    "guard_cycle": 1,  # the hard kill fires only when a counter hits exactly 0: 0.5 and 1 do, 0.2 never does
    "catch_up": False,
    "save_limit": -1,  # keeping results costs four times the throughput, and events keep the history
    "recycle": 500,
    "max_rss": 300_000,
    "label": "Background work",
    "ALT_CLUSTERS": {},
}
