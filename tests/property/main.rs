//! What holds for every input, tried with random ones.

mod codec;
mod order;
mod places;
