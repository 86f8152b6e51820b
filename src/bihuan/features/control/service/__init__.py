"""Control for other systems: the ledger's operations by document number, single and in batches, and sandboxes."""
