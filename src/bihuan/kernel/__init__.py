"""Values with no I/O: calendar, period, member, hierarchy, unit, state, scaled numbers, errors."""
