"""The same work by other means, written as a team that knows those means would write it."""
