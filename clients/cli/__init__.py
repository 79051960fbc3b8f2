"""`qpo`: the platform from a terminal.

Owns: commands, their help, their tables and pictures, the profiles with a user's logins, and the demo.
Never: business rules. What a number means is decided by the service that gave it; the command prints it.
Talks to: the edge, by the generated stubs over native gRPC (the demo also by REST), and `stack` to run the mesh.

One file per noun (`prices`, `portfolio`, `optimize`, …), `call/` for every method by its name, `plots/` for charts and
pictures; what they share is in `options`, `arguments`, `connection`, `output`, `watching` and `problem`. Results go to
stdout, everything else to stderr. A noun is imported when one of its commands runs, and `qpo --help` imports none.
"""
