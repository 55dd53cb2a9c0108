"""Where it is kept: one Store, its SQL, its engines and their migrations."""
