/** The connection: every service, one caller. */

import { type DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Interceptor, type Transport } from "@connectrpc/connect";

import { ApiKeyService } from "./gen/qpo/auth/v1/api_key_service_pb.js";
import { AuditService } from "./gen/qpo/auth/v1/audit_service_pb.js";
import { AuthService } from "./gen/qpo/auth/v1/auth_service_pb.js";
import { SecondFactorService } from "./gen/qpo/auth/v1/second_factor_service_pb.js";
import { SecurityService } from "./gen/qpo/auth/v1/security_service_pb.js";
import { UserService } from "./gen/qpo/auth/v1/user_service_pb.js";
import { AlternativeDataService } from "./gen/qpo/marketdata/v1/alternative_data_service_pb.js";
import { DataQualityService } from "./gen/qpo/marketdata/v1/data_quality_service_pb.js";
import { FeedService } from "./gen/qpo/marketdata/v1/feed_service_pb.js";
import { MarketDataService } from "./gen/qpo/marketdata/v1/marketdata_service_pb.js";
import { MlService } from "./gen/qpo/ml/v1/ml_service_pb.js";
import type { OptimizationResult } from "./gen/qpo/optimizer/v1/optimization_pb.js";
import { OptimizerService } from "./gen/qpo/optimizer/v1/optimizer_service_pb.js";
import { PortfolioService } from "./gen/qpo/portfolio/v1/portfolio_service_pb.js";
import { type Waiting, waitFor } from "./jobs.js";
import { repeating } from "./retries.js";
import { Session, signing } from "./session.js";

/** A way to QPO: makes a transport whose calls pass through these interceptors. */
export type Dial = (interceptors: Interceptor[]) => Transport;

/** QPO, seen by one caller. Nothing is dialled before the first call. */
export class Qpo {
  private session: Session | undefined;
  private readonly signed: Transport;
  private readonly door: Transport;
  private readonly made = new Map<string, unknown>();

  constructor(
    dial: Dial,
    /** Ends every call and closes the connection. */
    readonly close: () => void = () => undefined,
  ) {
    this.door = dial([repeating()]);
    this.signed = dial([repeating(), signing(() => this.session)]);
  }

  /** Makes an account. Throws ConnectError as Register refuses. */
  async register(email: string, password: string): Promise<void> {
    await createClient(AuthService, this.door).register({ email, password });
  }

  /** Makes the caller somebody; `code` is for an account with a second factor. */
  async logIn(email: string, password: string, code = ""): Promise<void> {
    this.session = await Session.ofPerson(createClient(AuthService, this.door), { email, password, code });
  }

  /** Makes the caller a program with an API key. */
  useKey(key: string): void {
    this.session = Session.ofMachine(createClient(ApiKeyService, this.door), key);
  }

  /** Accounts and tokens. */
  get auth(): Client<typeof AuthService> {
    return this.service(AuthService);
  }

  /** Keys for programs. */
  get apiKeys(): Client<typeof ApiKeyService> {
    return this.service(ApiKeyService);
  }

  /** The caller's second factor. */
  get secondFactor(): Client<typeof SecondFactorService> {
    return this.service(SecondFactorService);
  }

  /** Users, and who advises whom. */
  get users(): Client<typeof UserService> {
    return this.service(UserService);
  }

  /** What looks like an attack. */
  get security(): Client<typeof SecurityService> {
    return this.service(SecurityService);
  }

  /** The audit trail. */
  get audit(): Client<typeof AuditService> {
    return this.service(AuditService);
  }

  /** Portfolios. */
  get portfolios(): Client<typeof PortfolioService> {
    return this.service(PortfolioService);
  }

  /** Prices and ticks. */
  get marketdata(): Client<typeof MarketDataService> {
    return this.service(MarketDataService);
  }

  /** What is wrong with what feeds bring. */
  get quality(): Client<typeof DataQualityService> {
    return this.service(DataQualityService);
  }

  /** Feeds from vendors. */
  get feeds(): Client<typeof FeedService> {
    return this.service(FeedService);
  }

  /** What is written of instruments. */
  get alternative(): Client<typeof AlternativeDataService> {
    return this.service(AlternativeDataService);
  }

  /** Estimates. */
  get ml(): Client<typeof MlService> {
    return this.service(MlService);
  }

  /** Optimal weights. */
  get optimizer(): Client<typeof OptimizerService> {
    return this.service(OptimizerService);
  }

  /** The result of a job; see `waitFor`. */
  wait(jobId: string, waiting?: Waiting): Promise<OptimizationResult> {
    return waitFor(this.optimizer, jobId, waiting);
  }

  private service<Service extends DescService>(service: Service): Client<Service> {
    const made = this.made.get(service.typeName) ?? createClient(service, this.signed);
    this.made.set(service.typeName, made);
    return made as Client<Service>;
  }
}
