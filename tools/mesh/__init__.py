"""What of istio/ follows from the contracts and the table of callers: written, so that it cannot drift from them."""
