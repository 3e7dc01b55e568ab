//! A user of NATS for each process, with the least that does its work. They are called as the database's roles are.

use event_bus::nats::{Part, User, users_file};

use crate::roles::{RELAY, role_of};

/// The user that an operator's program logs in as.
pub const OPERATOR: &str = "casetrail_operator";
/// What the connections of that program are called.
const OPERATORS_PROGRAM: &str = "casetrail relay status";

/// Every user: the services in the order of the journey, the relay, the operator.
pub fn nats_users() -> Vec<User> {
    let service = |stage: &str, process: String, reactions: &[&str]| User {
        name: role_of(stage),
        client_name: process,
        part: Part::Consumers(reactions.iter().map(|name| (*name).to_owned()).collect()),
    };
    let (intake, routing) = (intake::deployable(), routing::deployable());
    let (payments, notifications) = (payments_escalation::deployable(), notifications::deployable());
    let other = |name: &str, client_name: &str, part| User {
        name: name.to_owned(),
        client_name: client_name.to_owned(),
        part,
    };
    vec![
        service(intake.stage, intake.process_name(), intake::REACTIONS),
        service(routing.stage, routing.process_name(), routing::REACTIONS),
        service(payments.stage, payments.process_name(), payments_escalation::REACTIONS),
        service(notifications.stage, notifications.process_name(), notifications::REACTIONS),
        other(RELAY, deployable::relay::NAME, Part::Relay),
        other(OPERATOR, OPERATORS_PROGRAM, Part::Onlooker),
    ]
}

/// What NATS' configuration says of them, for so many shards of the log.
pub fn nats_users_file(prefix: &str, shards: u16) -> String {
    format!(
        "# Who may say and hear what, made by `casetrail nats-users`: make it anew with each release. Each password is\n\
         # in a variable of the server's environment; one that is hashed (bcrypt) stands there in quotes.\n{}",
        users_file(&nats_users(), prefix, shards)
    )
}
