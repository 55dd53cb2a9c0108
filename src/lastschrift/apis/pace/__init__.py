"""PACE Pay: a SEPA account as a JSON:API payment method, as the second seed document shows it."""
