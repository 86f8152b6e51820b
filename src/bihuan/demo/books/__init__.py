"""Books of the demonstration's company: what its ledger, personnel and sales systems would export, made up from a seed.

Pure and deterministic: the same seed gives the same bytes on every machine. Nothing here computes with the engine, so that
its totals are a second opinion on what a load arrives at; and it writes no alert and no case.

    dice      reproducible chance, a stream of its own for each thing
    company   organisations, items and products as the model package names them, with their size
    calendar  months, working days, the Spring Festival
    budget    what was planned for 2026      spending, selling   what happened
    stories   what was planted for somebody to find
    vouchers  what happened as double-entry vouchers; closing, ordinary   errors   what exports get wrong
    files     the CSV files and the trial balances
"""
