//! The main job once, as every language does it: account, prices, portfolio, optimum, ticks, and two refusals.

use std::time::Duration;

use prost::Message;
use serde::Deserialize;
use serde_json::{json, Value};
use tonic::codegen::InterceptedService;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use uuid::Uuid;

use crate::contracts::google::rpc::{self, BadRequest, ErrorInfo, PreconditionFailure};
use crate::contracts::qpo::auth::v1::auth_service_client::AuthServiceClient;
use crate::contracts::qpo::auth::v1::{LoginRequest, RegisterRequest};
use crate::contracts::qpo::marketdata::v1::ingest_prices_request::Part;
use crate::contracts::qpo::marketdata::v1::market_data_service_client::MarketDataServiceClient;
use crate::contracts::qpo::marketdata::v1::{
    IngestHeader, IngestPricesRequest, PriceFormat, StartReplayRequest, StopReplayRequest, SubscribeTicksRequest,
};
use crate::contracts::qpo::optimizer::v1::moments_source::Source;
use crate::contracts::qpo::optimizer::v1::optimizer_service_client::OptimizerServiceClient;
use crate::contracts::qpo::optimizer::v1::{
    DatasetUniverse, MomentsSource, OptimizeRequest, SolveRequest, StopRule, WatchOptimizationRequest,
};
use crate::contracts::qpo::portfolio::v1::portfolio_service_client::PortfolioServiceClient;
use crate::contracts::qpo::portfolio::v1::{CreatePortfolioRequest, Strategy};
use crate::contracts::qpo::types::v1::{Constraints, Decimal, Goal, Objective, WeightBounds};
use crate::Failure;

const CHUNK: usize = 64 << 10;

#[derive(Deserialize)]
pub struct Task {
    edge: String,
    email: String,
    password: String,
    dataset: String,
    prices: String,
    symbols: Vec<String>,
}

/// Adds the caller's token.
#[derive(Clone)]
struct Signing(MetadataValue<Ascii>);

impl Interceptor for Signing {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

type Signed = InterceptedService<Channel, Signing>;

struct Walker {
    task: Task,
    marketdata: MarketDataServiceClient<Signed>,
    optimizer: OptimizerServiceClient<Signed>,
    portfolios: PortfolioServiceClient<Signed>,
}

pub async fn walk(task: Task) -> Result<Value, Failure> {
    let edge = Endpoint::from_shared(format!("http://{}", task.edge))?.timeout(Duration::from_secs(60));
    let channel = edge.connect().await?;
    let mut auth = AuthServiceClient::new(channel.clone());
    let (email, password) = (task.email.clone(), task.password.clone());
    auth.register(RegisterRequest { email: email.clone(), password: password.clone() }).await?;
    let answer = auth.login(LoginRequest { email, password, code: String::new() }).await?.into_inner();
    let token = answer.tokens.ok_or("no tokens")?.access_token;
    let signing = Signing(format!("Bearer {token}").parse()?);
    let mut walker = Walker {
        task,
        marketdata: MarketDataServiceClient::with_interceptor(channel.clone(), signing.clone()),
        optimizer: OptimizerServiceClient::with_interceptor(channel.clone(), signing.clone()),
        portfolios: PortfolioServiceClient::with_interceptor(channel, signing),
    };
    let bars = walker.import_prices().await?;
    let (id, portfolio) = walker.create_portfolio().await?;
    let (watched, optimum) = walker.optimize(id).await?;
    Ok(json!({
        "language": "rust",
        "email": answer.user.ok_or("no user")?.email,
        "bars": bars,
        "portfolio": portfolio,
        "watched": watched,
        "optimum": optimum,
        "ticks": walker.read_ticks().await?,
        "infeasible": walker.be_infeasible().await?,
        "refused": walker.be_refused().await?,
    }))
}

impl Walker {
    async fn import_prices(&mut self) -> Result<i32, Failure> {
        let header = IngestHeader {
            dataset: self.task.dataset.clone(),
            format: PriceFormat::Csv.into(),
            ..Default::default()
        };
        let file = std::fs::read(&self.task.prices)?;
        let chunks = file.chunks(CHUNK).map(|chunk| Part::Chunk(chunk.to_vec()));
        let parts: Vec<_> = std::iter::once(Part::Header(header))
            .chain(chunks)
            .map(|part| IngestPricesRequest { part: Some(part) })
            .collect();
        Ok(self.marketdata.ingest_prices(tokio_stream::iter(parts)).await?.into_inner().bars_stored)
    }

    async fn create_portfolio(&mut self) -> Result<(String, Value), Failure> {
        let goal = Goal { objective: Objective::Sharpe.into(), risk_free_rate: 0.01, ..Default::default() };
        let request = CreatePortfolioRequest {
            name: "Émigré 投資 🚀".into(),
            initial_cash: Some(Decimal { value: "100000.00".into() }),
            strategy: Some(Strategy {
                dataset: self.task.dataset.clone(),
                universe: self.task.symbols.clone(),
                goal: Some(goal),
                ..Default::default()
            }),
            constraints: Some(at_most(0.4)),
            request_id: Uuid::new_v4().to_string(),
            ..Default::default()
        };
        let mut made = Vec::new();
        for _ in 0..2 {
            let answer = self.portfolios.create_portfolio(request.clone()).await?.into_inner();
            made.push(answer.portfolio.ok_or("no portfolio")?);
        }
        let cash = made[0].cash.clone().unwrap_or_default().value;
        let seen = json!({"name": made[0].name, "cash": cash, "repeated": made[0].id == made[1].id});
        Ok((made[0].id.clone(), seen))
    }

    async fn optimize(&mut self, portfolio_id: String) -> Result<(Value, Value), Failure> {
        let asked = OptimizeRequest {
            portfolio_id,
            stop: Some(StopRule { time_budget_ms: 60_000, ..Default::default() }),
            request_id: Uuid::new_v4().to_string(),
            ..Default::default()
        };
        let job_id = self.optimizer.optimize(asked).await?.into_inner().job_id;
        let watching = self.optimizer.watch_optimization(WatchOptimizationRequest { job_id });
        let mut watch = watching.await?.into_inner();
        let (mut messages, mut last) = (0, None);
        while let Some(message) = watch.message().await? {
            messages += 1;
            last = Some(message);
        }
        let last = last.ok_or("nothing was told of the job")?;
        let state = last.job.unwrap_or_default().state().as_str_name();
        let found = last.result.ok_or("the job has no result")?;
        let optimum = json!({
            "sharpe_ratio": found.sharpe_ratio,
            "expected_return": found.expected_return,
            "volatility": found.volatility,
            "gap": found.gap,
            "weights": found.weights,
            "input_hash": found.input_hash,
            "result_hash": found.run.unwrap_or_default().result_hash,
        });
        Ok((json!({"messages": messages, "state": state}), optimum))
    }

    async fn read_ticks(&mut self) -> Result<Value, Failure> {
        let replay = StartReplayRequest {
            dataset: self.task.dataset.clone(),
            speed: 50.0,
            request_id: Uuid::new_v4().to_string(),
            ..Default::default()
        };
        let started = self.marketdata.start_replay(replay).await?.into_inner();
        let (mut snapshots, mut ticks, mut cursor) = (Vec::new(), Vec::new(), String::new());
        for _ in 0..2 {
            cursor = self.read_delta(cursor, &mut snapshots, &mut ticks).await?;
        }
        let replay_id = started.replay.unwrap_or_default().id;
        self.marketdata.stop_replay(StopReplayRequest { replay_id }).await?;
        Ok(json!({"snapshots": snapshots, "ticks": ticks}))
    }

    /// Subscribes behind a cursor, reads as far as the first delta, and returns where that ends.
    async fn read_delta(
        &mut self,
        cursor: String,
        snapshots: &mut Vec<bool>,
        ticks: &mut Vec<Value>,
    ) -> Result<String, Failure> {
        let request = SubscribeTicksRequest {
            dataset: self.task.dataset.clone(),
            symbols: self.task.symbols.clone(),
            cursor,
            ..Default::default()
        };
        let mut stream = self.marketdata.subscribe_ticks(request).await?.into_inner();
        while let Some(message) = stream.message().await? {
            if message.ticks.is_empty() {
                continue;
            }
            snapshots.push(message.snapshot);
            if message.snapshot {
                continue;
            }
            for tick in &message.ticks {
                let day = tick.session.unwrap_or_default();
                let session = format!("{:04}-{:02}-{:02}", day.year, day.month, day.day);
                ticks.push(json!({"symbol": tick.symbol, "session": session, "price": tick.price}));
            }
            return Ok(message.cursor);
        }
        Err("the stream ended without a delta".into())
    }

    async fn be_infeasible(&mut self) -> Result<Value, Failure> {
        let universe = DatasetUniverse {
            dataset: self.task.dataset.clone(),
            symbols: self.task.symbols.clone(),
            ..Default::default()
        };
        let problem = SolveRequest {
            source: Some(MomentsSource { source: Some(Source::Universe(universe)) }),
            constraints: Some(at_most(0.1)),
            ..Default::default()
        };
        let told = self.optimizer.solve(problem).await.err().ok_or("it should have been infeasible")?;
        let info: ErrorInfo = detail(&told, "google.rpc.ErrorInfo")?;
        let failure: PreconditionFailure = detail(&told, "google.rpc.PreconditionFailure")?;
        let conflicts: Vec<Value> = failure
            .violations
            .iter()
            .map(|each| json!({"type": each.r#type, "subject": each.subject, "description": each.description}))
            .collect();
        Ok(json!({
            "code": told.code() as i32,
            "reason": info.reason,
            "domain": info.domain,
            "mend": info.metadata.get("mend"),
            "conflicts": conflicts,
        }))
    }

    async fn be_refused(&mut self) -> Result<Value, Failure> {
        let wrong = CreatePortfolioRequest { base_currency: "EUR".into(), ..Default::default() };
        let told = self.portfolios.create_portfolio(wrong).await.err().ok_or("it should have been refused")?;
        let info: ErrorInfo = detail(&told, "google.rpc.ErrorInfo")?;
        let bad: BadRequest = detail(&told, "google.rpc.BadRequest")?;
        let fields: Vec<_> = bad.field_violations.into_iter().map(|each| each.field).collect();
        Ok(json!({"code": told.code() as i32, "reason": info.reason, "fields": fields}))
    }
}

fn at_most(share: f64) -> Constraints {
    Constraints { default_bounds: Some(WeightBounds { max: share, ..Default::default() }), ..Default::default() }
}

/// The detail of a refusal that has this name; an empty one if there is none.
fn detail<M: Message + Default>(told: &Status, name: &str) -> Result<M, prost::DecodeError> {
    let status = rpc::Status::decode(told.details())?;
    let found = status.details.iter().find(|each| each.type_url.ends_with(name));
    M::decode(found.map_or(&[][..], |each| each.value.as_slice()))
}
