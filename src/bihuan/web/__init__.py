"""The HTTP application: routes mounted, sessions, problem responses, live events, the built front end."""
