"""Measure slugc side by side with named public tools, in the same run, and print ratios."""
