"""Flows, tasks, timers; generic, knows what it moves only as a Subject."""
