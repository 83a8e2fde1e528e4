"""Where a language runtime comes from: sources tried in order, one normaliser, one store."""
