"""Another text of a released policy: planned for a day, activated in one step, withdrawn before; every text it had."""
