"""What speaks to the platform from outside: it knows the contracts, and nothing of the services behind them."""
