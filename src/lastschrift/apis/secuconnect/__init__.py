"""secuconnect: customers and their payment containers, as the first seed document shows them."""
