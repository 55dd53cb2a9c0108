"""What a direct debit is: values, parties, rules, errors. Pure: no I/O, no clock, no framework."""
