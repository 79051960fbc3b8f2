//! QPO from Rust: `interop walk < task.json`, `interop golden IN OUT`.

mod golden;
mod walk;

#[allow(clippy::all, dead_code)]
mod contracts {
    include!(concat!(env!("OUT_DIR"), "/contracts.rs"));
}

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["walk"] => {
            let task = serde_json::from_reader(std::io::stdin())?;
            println!("{}", walk::walk(task).await?);
            Ok(())
        }
        ["golden", into, out] => golden::rewrite(into.as_ref(), out.as_ref()),
        _ => Err("say `walk < task.json` or `golden IN OUT`".into()),
    }
}
