//! What holds for every input, tried with random ones.

mod audit;
mod codec;
mod corpus;
mod data;
mod have;
mod order;
mod places;
mod planned;
mod repair;
