//! The body of an answer, message by message, with what is confidential hidden in each.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use contracts::Hide;
use futures_util::stream::try_unfold;
use http_body_util::{BodyExt, StreamBody};
use tonic::Status;
use tonic::body::Body;

use super::hide;

/// What gRPC writes before each message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// The messages of an answer, and what of the next one has come.
struct Messages {
    body: Body,
    hide: Hide,
    rest: BytesMut,
}

/// The same answer, masked. What cannot be read is not passed on: the call breaks off.
pub(super) fn masked(body: Body, hide: Hide) -> Body {
    let messages = Messages { body, hide, rest: BytesMut::new() };
    Body::new(StreamBody::new(Box::pin(try_unfold(messages, |mut messages| async move {
        loop {
            let Some(frame) = messages.body.frame().await else {
                return if messages.rest.is_empty() { Ok(None) } else { Err(broken()) };
            };
            let frame = frame?;
            let Some(data) = frame.data_ref() else {
                return if messages.rest.is_empty() { Ok(Some((frame, messages))) } else { Err(broken()) };
            };
            messages.rest.put_slice(data);
            let whole = messages.whole()?;
            if !whole.is_empty() {
                return Ok(Some((frame.map_data(|_| whole), messages)));
            }
        }
    }))))
}

impl Messages {
    /// Every message that has come whole.
    fn whole(&mut self) -> Result<Bytes, Status> {
        let mut whole = BytesMut::new();
        while let Some(mut prefix) = self.rest.get(..PREFIX) {
            let is_compressed = prefix.get_u8() != 0;
            let length = usize::try_from(prefix.get_u32()).map_err(|_| broken())?;
            if self.rest.len() - PREFIX < length {
                break;
            }
            self.rest.advance(PREFIX);
            let message = self.rest.split_to(length);
            if is_compressed {
                return Err(broken());
            }
            let shown = (self.hide)(&message, &mut hide).map_err(|_| broken())?;
            whole.put_u8(0);
            whole.put_u32(u32::try_from(shown.len()).map_err(|_| broken())?);
            whole.put_slice(&shown);
        }
        Ok(whole.freeze())
    }
}

fn broken() -> Status {
    tracing::error!("an answer could not be masked, and was not given");
    Status::internal("an internal error occurred; it has been logged")
}

#[cfg(test)]
mod tests {
    use contracts::history::v1::{Actor, ActorKind, Entry, WatchCaseResponse};
    use contracts::intake::v1::{Article, ListArticlesResponse};
    use contracts::operations::v1::{DeadLetter, GetDeadLetterResponse};
    use prost::Message;

    use super::*;

    const WATCH: &str = "/casetrail.history.v1.HistoryService/WatchCase";

    fn framed(message: &impl Message) -> Vec<u8> {
        let bytes = message.encode_to_vec();
        let mut framed = vec![0];
        framed.put_u32(u32::try_from(bytes.len()).unwrap());
        framed.extend(bytes);
        framed
    }

    fn told(version: u64, kind: ActorKind, id: &str) -> WatchCaseResponse {
        WatchCaseResponse {
            entry: Some(Entry {
                version,
                actor: Some(Actor { kind: kind.into(), id: id.to_owned(), teams: Vec::new() }),
                summary: "Player p-1 wrote: secret".to_owned(),
                details_json: r#"{"text":"secret","channel":"chat"}"#.to_owned(),
                hash: "ab12".to_owned(),
                ..Entry::default()
            }),
        }
    }

    /// What comes out when it goes in, in these pieces.
    async fn shown(path: &str, pieces: Vec<Vec<u8>>) -> Result<Bytes, Status> {
        let pieces = pieces.into_iter().map(|piece| Ok::<_, Status>(Bytes::from(piece)));
        let body = Body::new(axum::body::Body::from_stream(futures_util::stream::iter(pieces)));
        masked(body, contracts::hide(path).unwrap()).collect().await.map(http_body_util::Collected::to_bytes)
    }

    fn messages(mut bytes: &[u8]) -> Vec<WatchCaseResponse> {
        let mut found = Vec::new();
        while !bytes.is_empty() {
            let length = usize::try_from((&bytes[1..PREFIX]).get_u32()).unwrap();
            found.push(WatchCaseResponse::decode(&bytes[PREFIX..PREFIX + length]).unwrap());
            bytes = &bytes[PREFIX + length..];
        }
        found
    }

    #[tokio::test]
    async fn messages_are_masked_wherever_their_bytes_are_parted() {
        let whole = [framed(&told(1, ActorKind::Player, "p-1")), framed(&told(2, ActorKind::Agent, "mette"))]
            .concat();
        for size in [1, 3, 7, whole.len()] {
            let pieces = whole.chunks(size).map(<[u8]>::to_vec).collect();
            let found = messages(&shown(WATCH, pieces).await.unwrap());
            let entries: Vec<Entry> = found.into_iter().filter_map(|told| told.entry).collect();
            let ids: Vec<&str> =
                entries.iter().map(|entry| entry.actor.as_ref().unwrap().id.as_str()).collect();
            assert_eq!(ids, ["[masked]", "mette"], "in pieces of {size}");
            for (entry, version) in entries.iter().zip(1..) {
                assert_eq!((entry.version, entry.summary.as_str()), (version, "[masked]"));
                assert_eq!(entry.details_json, r#"{"channel":"chat","text":"[masked]"}"#);
                assert_eq!(entry.hash, "ab12");
            }
        }
    }

    #[tokio::test]
    async fn our_own_texts_stay() {
        let article =
            Article { title: "Withdrawals".to_owned(), body: "Wait.".to_owned(), ..Article::default() };
        let answer = ListArticlesResponse { articles: vec![article], next_page_token: String::new() };
        let path = "/casetrail.intake.v1.IntakeService/ListArticles";
        assert_eq!(shown(path, vec![framed(&answer)]).await.unwrap(), framed(&answer));
    }

    #[tokio::test]
    async fn of_a_dead_letter_its_reason_stays_and_its_event_is_masked() {
        let letter = DeadLetter {
            consumer: "routing.on_case_opened".to_owned(),
            reason: "the log is away".to_owned(),
            ..DeadLetter::default()
        };
        let answer = GetDeadLetterResponse {
            dead_letter: Some(letter.clone()),
            payload_json: r#"{"channel":"chat","text":{"sealed":{"data":"c2VjcmV0","key":"k"}}}"#.to_owned(),
            meta_json: r#"{"actor":{"kind":"player","id":"p-1"}}"#.to_owned(),
            ..GetDeadLetterResponse::default()
        };
        let path = "/casetrail.operations.v1.OperationsService/GetDeadLetter";
        let shown = shown(path, vec![framed(&answer)]).await.unwrap();
        let shown = GetDeadLetterResponse::decode(&shown[PREFIX..]).unwrap();
        assert_eq!(shown.dead_letter, Some(letter));
        assert_eq!(shown.payload_json, r#"{"channel":"chat","text":"[masked]"}"#);
        assert_eq!(shown.meta_json, r#"{"actor":{"id":"[masked]","kind":"player"}}"#);
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_not_passed_on() {
        let good = framed(&told(1, ActorKind::Player, "p-1"));
        let compressed = [&[1], &good[1..]].concat();
        let unreadable = vec![0, 0, 0, 0, 2, 0x0a, 0xff];
        for wrong in [compressed, unreadable, good[..good.len() - 1].to_vec()] {
            assert!(shown(WATCH, vec![wrong]).await.is_err());
        }
    }
}
