"""Generators and checks that run at development time; no product code imports them."""
