"""Serves; with the PEM files of a certificate and its key, over TLS."""

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import grpc
from qpo.auth.v1 import api_key_service_pb2_grpc as key_grpc
from qpo.auth.v1 import audit_service_pb2_grpc as audit_grpc
from qpo.auth.v1 import auth_service_pb2_grpc as auth_grpc
from qpo.auth.v1 import second_factor_service_pb2_grpc as second_grpc
from qpo.auth.v1 import security_service_pb2_grpc as security_grpc
from qpo.auth.v1 import user_service_pb2_grpc as user_grpc
from qpo.marketdata.v1 import alternative_data_service_pb2_grpc as ad_grpc
from qpo.marketdata.v1 import data_quality_service_pb2_grpc as dq_grpc
from qpo.marketdata.v1 import feed_service_pb2_grpc as fd_grpc
from qpo.marketdata.v1 import marketdata_service_pb2_grpc as md_grpc
from qpo.ml.v1 import ml_service_pb2_grpc as ml_grpc
from qpo.optimizer.v1 import optimizer_service_pb2_grpc as opt_grpc
from qpo.portfolio.v1 import portfolio_service_pb2_grpc as pf_grpc

from tests.cli.fake_edge.api_keys import FakeApiKeys
from tests.cli.fake_edge.audit import FakeAudit
from tests.cli.fake_edge.auth import FakeAuth, Tokens
from tests.cli.fake_edge.feeds import FakeAlternative, FakeFeeds
from tests.cli.fake_edge.marketdata import FakeMarketData
from tests.cli.fake_edge.ml import FakeMl
from tests.cli.fake_edge.optimizer import FakeOptimizer
from tests.cli.fake_edge.portfolios import FakePortfolios
from tests.cli.fake_edge.quality import FakeQuality
from tests.cli.fake_edge.second_factor import FakeSecondFactor
from tests.cli.fake_edge.security import FakeSecurity
from tests.cli.fake_edge.users import FakeUsers


def main(pems):
    server = grpc.server(ThreadPoolExecutor(8))
    tokens = Tokens()
    auth_grpc.add_AuthServiceServicer_to_server(FakeAuth(tokens), server)
    key_grpc.add_ApiKeyServiceServicer_to_server(FakeApiKeys(tokens), server)
    second_grpc.add_SecondFactorServiceServicer_to_server(FakeSecondFactor(tokens), server)
    user_grpc.add_UserServiceServicer_to_server(FakeUsers(tokens), server)
    audit_grpc.add_AuditServiceServicer_to_server(FakeAudit(tokens), server)
    security_grpc.add_SecurityServiceServicer_to_server(FakeSecurity(tokens), server)
    pf_grpc.add_PortfolioServiceServicer_to_server(FakePortfolios(tokens), server)
    md_grpc.add_MarketDataServiceServicer_to_server(FakeMarketData(tokens), server)
    dq_grpc.add_DataQualityServiceServicer_to_server(FakeQuality(tokens), server)
    fd_grpc.add_FeedServiceServicer_to_server(FakeFeeds(tokens), server)
    ad_grpc.add_AlternativeDataServiceServicer_to_server(FakeAlternative(tokens), server)
    ml_grpc.add_MlServiceServicer_to_server(FakeMl(tokens), server)
    opt_grpc.add_OptimizerServiceServicer_to_server(FakeOptimizer(tokens), server)
    if pems:
        chain, key = (Path(pem).read_bytes() for pem in pems)
        port = server.add_secure_port("localhost:0", grpc.ssl_server_credentials([(key, chain)]))
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    with suppress(KeyboardInterrupt):
        sys.stdin.read()
    server.stop(None)


if __name__ == "__main__":
    main(sys.argv[1:])
