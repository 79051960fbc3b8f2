//! Golden messages: reads each from bytes, and writes what Rust makes of it. prost has no JSON.

use std::fs;
use std::path::Path;

use prost::Message;

use crate::contracts::google::rpc::Status;
use crate::contracts::qpo::marketdata::v1::{Dataset, IngestTicksRequest, SubscribeTicksResponse};
use crate::contracts::qpo::optimizer::v1::{OptimizationResult, OptimizeRequest, OptimizeResponse};
use crate::contracts::qpo::portfolio::v1::UpdatePortfolioRequest;
use crate::contracts::qpo::types::v1::Moments;
use crate::Failure;

pub fn rewrite(into: &Path, out: &Path) -> Result<(), Failure> {
    for line in fs::read_to_string(into.join("types.txt"))?.lines() {
        let (name, kind) = line.split_once(' ').ok_or("a line without a type")?;
        let file = format!("{name}.binpb");
        let read = fs::read(into.join(&file))?;
        let written = match kind {
            "google.rpc.Status" => again::<Status>(&read),
            "qpo.marketdata.v1.Dataset" => again::<Dataset>(&read),
            "qpo.marketdata.v1.IngestTicksRequest" => again::<IngestTicksRequest>(&read),
            "qpo.marketdata.v1.SubscribeTicksResponse" => again::<SubscribeTicksResponse>(&read),
            "qpo.optimizer.v1.OptimizationResult" => again::<OptimizationResult>(&read),
            "qpo.optimizer.v1.OptimizeRequest" => again::<OptimizeRequest>(&read),
            "qpo.optimizer.v1.OptimizeResponse" => again::<OptimizeResponse>(&read),
            "qpo.portfolio.v1.UpdatePortfolioRequest" => again::<UpdatePortfolioRequest>(&read),
            "qpo.types.v1.Moments" => again::<Moments>(&read),
            other => return Err(format!("{other} is not known here").into()),
        };
        fs::write(out.join(&file), written?)?;
    }
    Ok(())
}

fn again<M: Message + Default>(bytes: &[u8]) -> Result<Vec<u8>, prost::DecodeError> {
    Ok(M::decode(bytes)?.encode_to_vec())
}
