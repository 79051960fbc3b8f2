"""Composition root of ml: settings → adapters → use case → servicer → server."""

from __future__ import annotations

import os

from chassis.settings import load
from services.ml.settings import MlSettings


def main() -> None:
    """Start ml, and serve until told to stop."""
    settings = load(MlSettings)
    # OpenBLAS reads this when numpy is first imported, which is below: one estimate takes one core, several share them.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from chassis.serve import run

    run(_serve(settings))


async def _serve(settings: MlSettings) -> None:
    """Wire ml by hand."""
    from qpo.auth.v1 import auth_service_pb2
    from qpo.ml.v1 import ml_service_pb2

    from chassis.buses import open_bus
    from chassis.channel import open_channel
    from chassis.keys import keys_from
    from chassis.serve import Service, serve
    from services.ml.adapters.returns_grpc import MarketDataReturns
    from services.ml.adapters.workers_threads import ThreadWorkers
    from services.ml.app.estimate_moments import EstimateMoments
    from services.ml.rpc.errors import ERRORS
    from services.ml.rpc.servicer import MlServicer

    auth = open_channel(settings.auth_address, settings.peer("auth"))
    marketdata = open_channel(settings.marketdata_address, settings.peer("marketdata"))
    workers = ThreadWorkers(settings.workers)
    servicer = MlServicer(EstimateMoments(MarketDataReturns(marketdata), workers), workers)
    service = Service(ml_service_pb2.DESCRIPTOR.services_by_name["MlService"], servicer, ERRORS)
    get_jwks = auth_service_pb2.DESCRIPTOR.services_by_name["AuthService"].methods_by_name["GetJwks"]
    try:
        async with open_bus(settings.bus()) as bus:
            await serve(settings, [service], keys=keys_from(auth, get_jwks), bus=bus)
    finally:
        workers.close()
        await marketdata.close()
        await auth.close()


if __name__ == "__main__":
    main()
