"""What every API shares at the HTTP edge: routes, bearer tokens, limits, errors, metrics."""
