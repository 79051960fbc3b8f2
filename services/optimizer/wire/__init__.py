"""Words of the contracts that callers and peers share, to and from the domain. Below rpc and adapters."""
