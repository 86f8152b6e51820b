"""Who may do what: identities, sign-in, roles, scopes and the one permission predicate; change sets and action trail of access."""
