//! The service as others meet it: facts in, mails and webhooks out, and its gRPC methods.

mod api;
mod exclusion;
mod offers;
mod receiver;
mod sending;
mod telling;
mod world;
