//! What each user of a nats-server may say and hear, as that server's configuration wants it: its own consumers,
//! its own inbox, and never a change of the stream. NATS keeps its users in its configuration, so it cannot be
//! told them as a database can.

use std::fmt::Write;

use super::connect::{Names, NatsOptions, durable_of, inbox_of};

/// What somebody does with the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// It fills the stream.
    Relay,
    /// It has consumers of these names.
    Consumers(Vec<String>),
    /// It asks the relays how far they are.
    Onlooker,
}

/// A user of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name it logs in with.
    pub name: String,
    /// What its connections are called ([`NatsOptions::client_name`]): its inbox is named after it.
    pub client_name: String,
    /// What it does.
    pub part: Part,
}

/// What may be said and heard.
#[derive(Debug, Default, PartialEq, Eq)]
struct Permissions {
    say: Vec<String>,
    never_say: Vec<String>,
    hear: Vec<String>,
    answers: bool,
}

impl User {
    /// The environment variable of the server that holds the password.
    pub fn password_variable(&self) -> String {
        format!("{}_NATS_PASSWORD", self.name.to_uppercase())
    }

    fn permissions(&self, prefix: &str, shards: u16, all: &[Self]) -> Permissions {
        let mut allowed = Permissions {
            hear: vec![format!("{}.>", inbox_of(&self.client_name))],
            ..Permissions::default()
        };
        for shard in 0..shards {
            let names =
                Names::of(&NatsOptions { prefix: prefix.to_owned(), shard, ..NatsOptions::default() });
            let stream = names.stream();
            allowed.say.push(format!("$JS.API.STREAM.INFO.{stream}"));
            match &self.part {
                Part::Relay => {
                    allowed.say.push(names.everything());
                    allowed.say.push(format!("$JS.API.STREAM.CREATE.{stream}"));
                    allowed.say.push(format!("$JS.API.STREAM.MSG.GET.{stream}"));
                    allowed.hear.extend([names.wake(), names.relays()]);
                    allowed.answers = true;
                }
                Part::Onlooker => allowed.say.push(names.relays()),
                Part::Consumers(own) => {
                    allowed.say.push(names.wake());
                    allowed.say.push(format!("$JS.API.STREAM.MSG.GET.{stream}"));
                    // Consumers without a lasting name get a random one from the server.
                    allowed.say.push(format!("$JS.API.CONSUMER.CREATE.{stream}"));
                    allowed.say.push(format!("$JS.API.CONSUMER.CREATE.{stream}.>"));
                    allowed.say.push(format!("$JS.API.CONSUMER.INFO.{stream}.*"));
                    allowed.say.push(format!("$JS.API.CONSUMER.DELETE.{stream}.*"));
                    allowed.say.push(format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.*"));
                    for consumer in own.iter().map(|name| durable_of(name)) {
                        allowed.say.push(format!("$JS.ACK.{stream}.{consumer}.>"));
                        // The same from servers that name the domain and the account.
                        allowed.say.push(format!("$JS.ACK.*.*.{stream}.{consumer}.>"));
                    }
                    for foreign in all.iter().filter(|other| *other != self).flat_map(Self::consumers) {
                        let foreign = durable_of(foreign);
                        allowed.never_say.push(format!("$JS.API.CONSUMER.CREATE.{stream}.{foreign}"));
                        allowed.never_say.push(format!("$JS.API.CONSUMER.CREATE.{stream}.{foreign}.>"));
                        allowed.never_say.push(format!("$JS.API.CONSUMER.DELETE.{stream}.{foreign}"));
                        allowed.never_say.push(format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{foreign}"));
                    }
                }
            }
        }
        allowed
    }

    fn consumers(&self) -> &[String] {
        match &self.part {
            Part::Consumers(names) => names,
            Part::Relay | Part::Onlooker => &[],
        }
    }
}

/// The `authorization` of a nats-server that only these users may use. It holds no password: each is in a variable
/// of the server's environment.
pub fn users_file(users: &[User], prefix: &str, shards: u16) -> String {
    let mut text = String::from("authorization {\n  users = [\n");
    for user in users {
        let allowed = user.permissions(prefix, shards, users);
        // Writing into a text cannot fail.
        let _ = write!(
            text,
            "    {{\n      user: \"{}\"\n      password: ${}\n      permissions: {{\n        publish: {{\n          \
             allow: [{}]\n          deny: [{}]\n        }}\n        subscribe: {{ allow: [{}] }}\n{}      }}\n    }}\n",
            user.name,
            user.password_variable(),
            listed(&allowed.say),
            listed(&allowed.never_say),
            listed(&allowed.hear),
            if allowed.answers { "        allow_responses: { max: 1, expires: \"10s\" }\n" } else { "" },
        );
    }
    text.push_str("  ]\n}\n");
    text
}

fn listed(subjects: &[String]) -> String {
    subjects.iter().map(|subject| format!("\"{subject}\"")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users() -> Vec<User> {
        let user = |name: &str, part| User {
            name: format!("casetrail_{name}"),
            client_name: format!("casetrail-{name}"),
            part,
        };
        vec![
            user("one", Part::Consumers(vec!["one.on_opened".to_owned()])),
            user("two", Part::Consumers(vec!["two.on_opened".to_owned(), "two.on_closed".to_owned()])),
            user("relay", Part::Relay),
            user("operator", Part::Onlooker),
        ]
    }

    #[test]
    fn nobody_may_change_the_stream_and_only_the_relay_makes_and_fills_it() {
        let users = users();
        for user in &users {
            let allowed = user.permissions("events", 2, &users);
            let fills = allowed.say.iter().any(|subject| subject.starts_with("events."));
            let makes = allowed.say.iter().any(|subject| subject.starts_with("$JS.API.STREAM.CREATE"));
            assert_eq!((fills, makes), (user.part == Part::Relay, user.part == Part::Relay), "{}", user.name);
            for change in ["DELETE", "PURGE", "UPDATE", "SNAPSHOT", "RESTORE"] {
                assert!(
                    !allowed.say.iter().any(|subject| subject.contains(&format!("STREAM.{change}"))),
                    "{}: {change}",
                    user.name
                );
            }
            assert!(!allowed.say.iter().chain(&allowed.hear).any(|subject| subject == ">"));
        }
    }

    #[test]
    fn each_hears_its_own_inbox_and_takes_from_its_own_consumers() {
        let users = users();
        let allowed = users[0].permissions("events", 1, &users);
        assert_eq!(allowed.hear, ["_INBOX_casetrail-one.>"]);
        assert!(allowed.never_say.contains(&"$JS.API.CONSUMER.MSG.NEXT.EVENTS_0.two-on_closed".to_owned()));
        assert!(!allowed.never_say.iter().any(|subject| subject.contains("one-on_opened")));
        assert!(!allowed.say.iter().any(|subject| subject.contains("two-on_")));
    }

    #[test]
    fn the_file_names_variables_and_no_password() {
        let text = users_file(&users(), "events", 1);
        assert!(text.contains("password: $CASETRAIL_ONE_NATS_PASSWORD"), "{text}");
        assert_eq!(text.matches("user:").count(), 4);
    }
}
