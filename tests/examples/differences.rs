//! What it takes until two servers hold the same, of which one lacks some records:
//!
//!     cargo run --release -p herd-tests --example differences -- 1000000

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]

fn main() {
    let records = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse());
    match records {
        Ok(records @ 10_000..) => print!("{}", herd_tests::differences::table(records)),
        Ok(_) | Err(_) => {
            eprintln!("expected a number of records, 10000 at least, such as 1000000");
            std::process::exit(2);
        }
    }
}
