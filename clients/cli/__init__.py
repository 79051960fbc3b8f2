"""`qpo`: the platform from a terminal.

Owns: commands, their help, their tables, the profile file with a user's tokens, and the demo.
Never: business rules. What a number means is decided by the service that gave it; the command prints it.
Talks to: the edge, by the generated stubs over native gRPC (the demo also by REST), and `stack` to run the mesh.

One file per noun (`prices`, `portfolio`, `optimize`, …); what they share is in `options`, `connection`, `output`
and `problem`. Results go to stdout, everything else to stderr.
"""
