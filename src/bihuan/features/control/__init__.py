"""Policies, buckets, the append-only control ledger, documents and transfers: spending that really blocks."""
