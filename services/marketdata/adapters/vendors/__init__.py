"""Vendors over HTTP: one file each, on the same way of asking."""
