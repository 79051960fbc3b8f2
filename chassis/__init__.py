"""What every service is bolted onto: transport, identity, deadlines, errors, logs, traces, metrics, storage habits.

owns      how a call comes in, who may make it, how it ends and what it leaves behind
never     knows a domain noun; of `qpo` it imports only `qpo.options` and `qpo.audit`
talks to  auth's key endpoint, by the method that it is handed
"""
