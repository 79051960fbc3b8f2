"""A service as a process, as its supervisor would start it: `python -m tests.chassis.gadget_service`."""

import asyncio
import sys

from prometheus_client import CollectorRegistry, Counter
from pydantic_settings import SettingsConfigDict

from chassis.keys import StaticKeys
from chassis.serve import run, serve
from chassis.settings import ServiceSettings, load
from tests.chassis.gadget import Workshop, gadget, workshop


class GadgetSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="QPO_GADGET_")
    breaks: bool = False


async def slowly(request):
    await asyncio.sleep(float(request.name))
    return gadget("done")


async def main() -> None:
    settings = load(GadgetSettings)
    registry = CollectorRegistry()
    beats = Counter("beats", "Beats of the background job", registry=registry)

    async def ready():
        print("ready", file=sys.stdout, flush=True)

    async def beat():
        beats.inc()
        if settings.breaks:
            raise RuntimeError("the background job broke")
        try:
            await asyncio.Event().wait()
        finally:
            print("beat ended", flush=True)

    services = [workshop(Workshop(slowly))]
    await serve(settings, services, keys=StaticKeys({}), bus=None, ready=ready, registry=registry, background=[beat])


if __name__ == "__main__":
    run(main())
