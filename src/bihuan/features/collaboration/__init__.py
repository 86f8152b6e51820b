"""Comments, mentions, the notifications outbox and live events."""
