"""QPO from Python: `Client` has a typed stub of every service, and does what a caller would have to write again.

It repeats calls that the contract lets be repeated, and no others; walks through pages; waits for jobs; and takes up
streams behind their cursor. `Refusal` reads what a refused call says.
"""

from qpo_client.client import Client
from qpo_client.jobs import JobCancelled, JobFailed
from qpo_client.refusal import Conflict, Refusal

__all__ = ["Client", "Conflict", "JobCancelled", "JobFailed", "Refusal"]
