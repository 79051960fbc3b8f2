"""What manifests for Kubernetes must be, beyond what their schemas say.

manifest   documents, pods and containers of a rendering
pods       what a pod must and must not be
scaling    replicas, scalers and disruption budgets, together
whole      what refers to what, sizes, secrets
repeats    which calls a mesh's route may repeat
policy     all of it
schemas    what documents are valid against, brought from elsewhere
"""
