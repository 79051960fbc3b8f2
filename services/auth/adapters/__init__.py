"""The ports of `app` on real technology, each file named `<port>_<technology>`."""
