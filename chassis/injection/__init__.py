"""SQL injection, as it shows in a text that a caller sent: an alarm, and never the control.

The control is that every statement has parameters. What is found here is somebody trying.
"""

from chassis.injection.grammar import family_of, is_odd
from chassis.injection.texts import Texts

__all__ = ["Texts", "family_of", "is_odd"]
