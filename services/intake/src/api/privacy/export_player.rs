//! Hands out everything that is held on a player. That it is done is recorded first.

use std::pin::Pin;

use case::privacy::{Command, ExportPlayer};
use case::{Brand, Case, PlayerId};
use contracts::privacy::v1 as pb;
use event_log::Committed;
use futures_util::{StreamExt, TryStreamExt};
use history::Reader;
use jiff::Timestamp;
use serde_json::json;
use service_kit::execute::read_event;
use service_kit::request::Checks;
use service_kit::{EventMeta, Failure};
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Status};
use uuid::Uuid;

use super::PrivacyApi;
use super::export::{File, Page, case_json};
use super::mutation::PlayerMutation;
use crate::evidence_store::{Owner, Part};
use crate::read_model::{self, Wanted};

/// The largest piece, in bytes: well below the largest message.
const PIECE: usize = 256 * 1_024;
/// How many pieces wait for a slow caller.
const WAITING: usize = 4;
/// How many cases are listed at a time.
const CASES: u32 = 200;
/// How many facts of a player's own stream are read at a time.
const FACTS: usize = 200;

type Pieces = Pin<Box<dyn Stream<Item = Result<pb::ExportPlayerResponse, Status>> + Send>>;

pub(super) async fn handle(
    api: &PrivacyApi,
    request: Request<pb::ExportPlayerRequest>,
) -> Result<Pieces, Failure> {
    let asked = request.get_ref();
    let reader = Reader::of(&request)?;
    let mut checks = Checks::new();
    let (id, brand, player) = (&asked.request_id, &asked.brand, &asked.player_id);
    let mutation = PlayerMutation::read(&mut checks, &request, id, brand, player)?;
    let mutation = checks.finish_with(mutation)?;
    let (brand, player_id) = (mutation.brand.clone(), mutation.player_id.clone());
    let command = Command::ExportPlayer(ExportPlayer { brand: brand.clone(), player_id: player_id.clone() });
    let subject = mutation.execute(api, command).await?.state;
    // Whoever has just written finds it in here.
    for head in api.parts.heads().await? {
        api.cases.wait_until(head).await.map_err(|stopped| Failure::Unavailable(stopped.to_string()))?;
    }
    let (sender, pieces) = mpsc::channel(WAITING);
    let stream = subject.stream;
    let export = Export { api: api.clone(), reader, brand, player_id, stream, sender };
    api.parts.shutdown.spawn_background(async move { export.run().await });
    Ok(ReceiverStream::new(pieces).boxed())
}

/// One export on its way.
struct Export {
    api: PrivacyApi,
    reader: Reader,
    brand: Brand,
    player_id: PlayerId,
    stream: Uuid,
    sender: mpsc::Sender<Result<pb::ExportPlayerResponse, Status>>,
}

/// The caller went away: nothing is owed any more.
struct Gone;

enum Ended {
    Gone,
    Failed(Failure),
}

impl From<Gone> for Ended {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Export {
    async fn run(self) {
        if let Err(Ended::Failed(failure)) = self.hand_out().await {
            let _ = self.sender.send(Err(failure.into())).await;
        }
    }

    async fn hand_out(&self) -> Result<(), Ended> {
        let now = self.api.parts.clock.now();
        let mut page = Page::of(&self.brand, &self.player_id, now);
        self.send(&File::page(page.take())).await?;
        self.send(&self.player(now).await?).await?;
        for stream in self.cases().await? {
            let dossier = history::dossier(&self.api.parts, &self.api.executor, stream).await?;
            self.api.audit.note(
                &self.reader,
                &dossier.case,
                "privacy.ExportPlayer",
                "player, texts, evidence",
            )?;
            self.send(&case_json(&dossier)).await?;
            self.evidence(&dossier.case).await?;
            page.tell(&dossier);
            self.send(&File::page(page.take())).await?;
        }
        page.end();
        self.send(&File::page(page.take())).await?;
        Ok(())
    }

    /// Sends the next bytes of a file.
    async fn send(&self, file: &File) -> Result<(), Gone> {
        for content in file.content.as_bytes().chunks(PIECE) {
            self.piece(&file.name, file.media_type, content).await?;
        }
        Ok(())
    }

    async fn piece(&self, file_name: &str, media_type: &str, content: &[u8]) -> Result<(), Gone> {
        let piece = pb::ExportPlayerResponse {
            file_name: file_name.to_owned(),
            media_type: media_type.to_owned(),
            content: content.to_vec(),
        };
        self.sender.send(Ok(piece)).await.map_err(|_| Gone)
    }

    /// Sends the files of a case as they are kept, named by the ids that its facts have.
    async fn evidence(&self, case: &Case) -> Result<(), Ended> {
        if case.intake.evidence.is_empty() {
            return Ok(());
        }
        let key = self.api.evidence.key(Owner::of(case)?).await?;
        for one in &case.intake.evidence {
            let id = one.evidence_id;
            let kept = (format!("evidence/{id}"), Part::Content, &one.sha256);
            let original = one.original.as_ref();
            let original = original
                .map(|original| (format!("evidence/{id}.original"), Part::Original, &original.sha256));
            for (name, part, sha256) in std::iter::once(kept).chain(original) {
                let mut chunks = self.api.evidence.get(&key, case.id, id, part, sha256).await?.opened();
                while let Some(chunk) = chunks.try_next().await? {
                    for content in chunk.chunks(PIECE) {
                        self.piece(&name, &one.media_type, content).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// What was decided about the player's data.
    async fn player(&self, now: Timestamp) -> Result<File, Failure> {
        let mut facts = Vec::new();
        let mut after = 0;
        loop {
            let page = self.api.parts.log.read_stream(self.stream, after, FACTS).await?;
            let Some(last) = page.last() else { break };
            after = last.version;
            for committed in &page {
                facts.push(self.fact(committed).await?);
            }
        }
        let player = json!({
            "brand": self.brand,
            "player_id": self.player_id,
            "exported_at": now,
            "decisions_about_data": facts,
        });
        Ok(File::json("player.json".to_owned(), &player))
    }

    async fn fact(&self, committed: &Committed) -> Result<serde_json::Value, Failure> {
        use case::StoredEvent as _;
        let mut event = read_event::<case::privacy::PlayerEvent>(&self.api.parts.sealer, committed).await?;
        let mut details: serde_json::Value = serde_json::from_slice(&event.encode()?)
            .map_err(|error| Failure::Internal(format!("a payload is no JSON: {error}")))?;
        event.visit_personal(&mut |field, personal| details[field] = personal.text_or_placeholder().into());
        let meta = EventMeta::decode(&committed.meta)
            .map_err(|error| Failure::Internal(format!("the meta of {}: {error}", committed.event_id)))?;
        Ok(json!({
            "recorded_at": committed.recorded_at,
            "type": committed.event_type,
            "by": meta.actor.id,
            "details": details,
        }))
    }

    /// The player's cases, the last opened first.
    async fn cases(&self) -> Result<Vec<Uuid>, Failure> {
        let wanted = Wanted { player_id: Some(self.player_id.clone()), ..Wanted::default() };
        let (mut cases, mut after) = (Vec::new(), None);
        loop {
            let (lines, more) =
                read_model::list(&self.api.store, &self.brand, &wanted, after.as_ref(), CASES).await?;
            for line in &lines {
                let id = Uuid::parse_str(&line.case_id);
                cases.push(
                    id.map_err(|error| Failure::Internal(format!("a case's id in the list: {error}")))?,
                );
            }
            let Some(last) = lines.into_iter().next_back().filter(|_| more) else { return Ok(cases) };
            after = Some(read_model::After { opened_at_us: last.opened_at_us, case_id: last.case_id });
        }
    }
}
