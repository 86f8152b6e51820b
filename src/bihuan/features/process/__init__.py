"""Flows, tasks, timers; generic, knows what it moves only as a Subject.

A flow is a list of nodes in order. An instance moves one subject through it: submit -> a task for each holder of the first
node -> approve … -> approved; or returned to the submitter and submitted again (same case, next round), rejected, withdrawn.
Every step is one transaction with what it means for the subject.
"""
