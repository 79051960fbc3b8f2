"""Words of the contract that both the RPCs and the events speak. Below rpc and adapters."""
