"""The use cases, one file each, named as their RPCs; what they need of the world stands in `ports`."""
