//! How a stage declares its events, in one table.
//!
//! A shape that was ever stored is read for ever. When a fact needs another one, its struct gets the new shape
//! and the next version, and the old struct stays beside it with a `From` that brings it up (an upcaster):
//!
//! ```text
//! CaseAssigned = "case_assigned" v 2 from [1 as CaseAssignedV1];
//! ```
//!
//! Everything but this table knows the new shape only. What stays the same is the path of each personal text: it
//! is part of what was sealed.

/// Declares a stage's `Event` enum from a table of structs, stored names and versions, older ones among them.
macro_rules! stage_events {
    ($(#[$doc:meta])* $stage:literal; $( $variant:ident = $name:literal v $version:literal
        $( from [ $( $old_version:literal as $old:ident ),+ $(,)? ] )? $( personal [ $( $($field:ident).+ ),* $(,)? ] )? ;)+) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Event {
            $(
                #[doc = concat!("Stored as `", $stage, ".", $name, "` v", stringify!($version), ".")]
                $variant($variant),
            )+
        }

        impl Event {
            /// Every stored name, with the version in which it is written.
            pub const STORED: &'static [(&'static str, u16)] = &[ $( (concat!($stage, ".", $name), $version), )+ ];

            /// The older versions, which are read and brought up to the one in [`STORED`](Self::STORED).
            pub const UPCAST: &'static [(&'static str, u16)] =
                &[ $( $( $( (concat!($stage, ".", $name), $old_version), )+ )? )+ ];

            /// The JSON Schema of everything this stage has ever stored.
            pub fn stored_shapes() -> Vec<$crate::StoredShape> {
                use $crate::StoredShape;
                vec![ $(
                    StoredShape::of::<$variant>(concat!($stage, ".", $name), $version),
                    $( $( StoredShape::of::<$old>(concat!($stage, ".", $name), $old_version), )+ )?
                )+ ]
            }

            /// Reads an event of this stage; `None` when name and version are not known here.
            pub fn decode_known(name: &str, schema_version: u16, payload: &[u8]) -> Option<Result<Self, serde_json::Error>> {
                match (name, schema_version) {
                    $(
                        (concat!($stage, ".", $name), $version) => Some(serde_json::from_slice(payload).map(Self::$variant)),
                        $( $(
                            (concat!($stage, ".", $name), $old_version) => {
                                Some(serde_json::from_slice::<$old>(payload).map(|old| Self::$variant(old.into())))
                            }
                        )+ )?
                    )+
                    _ => None,
                }
            }
        }

        impl $crate::stage::StoredEvent for Event {
            fn stored_name(&self) -> &str {
                match self { $( Self::$variant(_) => concat!($stage, ".", $name), )+ }
            }

            fn schema_version(&self) -> u16 {
                match self { $( Self::$variant(_) => $version, )+ }
            }

            fn encode(&self) -> Result<Vec<u8>, $crate::stage::DecodeError> {
                match self { $( Self::$variant(event) => serde_json::to_vec(event), )+ }.map_err(|source| $crate::stage::DecodeError {
                    name: self.stored_name().to_owned(), schema_version: self.schema_version(), source,
                })
            }

            fn decode(name: &str, schema_version: u16, payload: &[u8]) -> Result<Self, $crate::stage::DecodeError> {
                use serde::de::Error as _;
                Self::decode_known(name, schema_version, payload)
                    .unwrap_or_else(|| Err(serde_json::Error::custom("not an event of this stage")))
                    .map_err(|source| $crate::stage::DecodeError { name: name.to_owned(), schema_version, source })
            }

            fn visit_personal(&mut self, visit: &mut dyn FnMut(&'static str, &mut $crate::personal::Personal)) {
                let _ = &visit;
                match self {
                    $( Self::$variant(_event) => { $( $( $crate::personal::VisitPersonal::visit_personal(&mut _event.$($field).+, stringify!($($field).+), visit); )* )? } )+
                }
            }
        }

        $( impl From<$variant> for Event { fn from(event: $variant) -> Self { Self::$variant(event) } } )+
    };
}
pub(crate) use stage_events;
