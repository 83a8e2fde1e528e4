"""One app as the platform hosts it: its ledger, dynos, add-ons and jobs brought together."""
