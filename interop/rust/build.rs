//! Generates the contracts from their image; no protoc is needed.

use prost::Message;
use prost_types::FileDescriptorSet;

const IMAGE: &str = "../../gen/descriptors/qpo.binpb";
// What our messages are made of, those of google.protobuf by the library itself; options are read by nobody here.
const PACKAGES: [&str; 4] = ["qpo.", "google.protobuf", "google.rpc", "google.type"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed={IMAGE}");
    let mut image = FileDescriptorSet::decode(std::fs::read(IMAGE)?.as_slice())?;
    image.file.retain(|file| PACKAGES.iter().any(|package| file.package().starts_with(package)));
    for file in &mut image.file {
        file.source_code_info = None;
    }
    tonic_prost_build::configure()
        .build_server(false)
        // In the order of their keys, as deterministic serialization has them.
        .btree_map(".")
        .include_file("contracts.rs")
        .compile_fds(image)?;
    Ok(())
}
