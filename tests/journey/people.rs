//! Who calls in these tests: the same people as in the stories.

use stories::Person;
use tonic::Request;

/// A player with a withdrawal that did not arrive.
pub(crate) fn rasmus() -> Person {
    Person::player("Rasmus", "p-1001")
}

/// Of team payments, and available: his cases are offered to her.
pub(crate) fn mette() -> Person {
    Person::agent("Mette", "payments")
}

/// Of team payments, and away: approves.
pub(crate) fn peter() -> Person {
    Person::agent("Peter", "payments")
}

/// Of team payments, and away: approves.
pub(crate) fn henrik() -> Person {
    Person::agent("Henrik", "payments")
}

/// Somebody who only looks.
pub(crate) fn auditor() -> Person {
    Person::system("auditor")
}

/// A call by this person.
pub(crate) fn ask<T>(person: &Person, message: T) -> Request<T> {
    person.ask(message).unwrap()
}
