"""Who may call which method of a service, and with what: AuthorizationPolicies and RequestAuthentications."""

from __future__ import annotations

from stack.identities import EDGE, OWNER, callers_of
from tools.mesh.contracts import methods_of
from tools.mesh.names import AUDIENCE, GRPC, ISSUER, REST, Manifest, host, manifest, principal, selector, workload

JWKS = f"http://{host(EDGE)}:{REST}/.well-known/jwks.json"
# Asked by channels on their own account, whoever's calls they carry.
_HEALTH = "/grpc.health.v1.Health/"


def callers_in_mesh(service: str) -> dict[str, list[str]]:
    """Returns who may call which paths of a service: the table of `qpo up --tls` without the machine's owner."""
    return {caller: paths for caller, paths in callers_of(service).items() if caller != OWNER}


def policy_of(service: str) -> Manifest:
    """Returns what admits the callers of a service, each to its methods; whoever is not named is refused."""
    rules = [rule for caller, paths in callers_in_mesh(service).items() for rule in _rules(service, caller, paths)]
    spec = {"selector": selector(service), "action": "ALLOW", "rules": rules}
    return manifest("AuthorizationPolicy", f"{workload(service)}-callers", spec)


def _rules(service: str, caller: str, paths: list[str]) -> list[Manifest]:
    """A token where the contract asks for one, and none for the methods that are open, and for health."""
    kept = _owners(service)
    opened = [method.path for method in methods_of(service) if method.open and _covered(method.path, paths)]
    opened = [path for path in opened if path not in kept]
    unasked = [*opened, *(path for path in paths if path.startswith(_HEALTH))]
    asked = [path for path in paths if path not in unasked]
    rules = []
    if asked:
        whole = any(_covered(path, asked) for path in kept)
        source = {"principals": [principal(caller)], "requestPrincipals": [f"{ISSUER}/*"]}
        rules.append(_rule(source, asked, kept if whole else []))
    if unasked:
        rules.append(_rule({"principals": [principal(caller)]}, unasked))
    return rules


def _covered(path: str, allowed: list[str]) -> bool:
    return any(path == each or (each.endswith("*") and path.startswith(each[:-1])) for each in allowed)


def _owners(service: str) -> list[str]:
    """The service's methods that the owner of a mesh calls, beside it and past its sidecar, and nobody else."""
    return [path for path in callers_of(service)[OWNER] if path.startswith(f"/qpo.{service}.")]


def _rule(source: Manifest, paths: list[str], but: list[str] | None = None) -> Manifest:
    operation: Manifest = {"ports": [str(GRPC)], "paths": paths} | ({"notPaths": but} if but else {})
    return {"from": [{"source": source}], "to": [{"operation": operation}]}


def tokens_of(service: str) -> Manifest:
    """Returns what a service's sidecar believes of tokens: those that auth signed for us, and no other."""
    rule = {
        "issuer": ISSUER,
        "audiences": [AUDIENCE],
        "jwksUri": JWKS,
        # The service reads it too.
        "forwardOriginalToken": True,
    }
    spec = {"selector": selector(service), "jwtRules": [rule]}
    return manifest("RequestAuthentication", f"{workload(service)}-tokens", spec)
