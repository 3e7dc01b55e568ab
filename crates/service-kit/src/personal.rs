//! Seals the personal texts of an event before it is stored, and opens them after it is read.

use ambient::Ids;
use case::{Personal, SealedText, StoredEvent};
use sealing::{AssociatedData, DataKey, Sealer};
use uuid::Uuid;

use crate::failure::Failure;

/// Whether an event carries any personal text at all.
pub(crate) fn has_personal<E: StoredEvent>(event: &mut E) -> bool {
    let mut found = false;
    event.visit_personal(&mut |_, _| found = true);
    found
}

/// Seals every readable text in `event`, bound to this event, stream, field and key.
pub(crate) fn seal<E: StoredEvent>(
    event: &mut E,
    key: &DataKey,
    ids: &dyn Ids,
    stream: Uuid,
    event_id: Uuid,
) {
    event.visit_personal(&mut |field, personal| {
        if let Personal::Clear(text) = personal {
            let place = AssociatedData { event_id, stream_id: stream, field, key_id: key.id() };
            let data = key.seal(ids, &place, text);
            *personal = Personal::Sealed(SealedText { key: key.id().to_owned(), data });
        }
    });
}

/// Opens every sealed text in `event`; where the key was destroyed it becomes [`Personal::Erased`].
pub(crate) async fn open<E: StoredEvent>(
    event: &mut E,
    sealer: &Sealer,
    stream: Uuid,
    event_id: Uuid,
) -> Result<(), Failure> {
    let mut key_ids: Vec<String> = Vec::new();
    event.visit_personal(&mut |_, personal| {
        if let Personal::Sealed(sealed) = personal
            && !key_ids.contains(&sealed.key)
        {
            key_ids.push(sealed.key.clone());
        }
    });
    for key_id in key_ids {
        let key = sealer.open_key(&key_id).await?;
        let mut failed = None;
        event.visit_personal(&mut |field, personal| {
            let Personal::Sealed(sealed) = &*personal else { return };
            if sealed.key != key_id {
                return;
            }
            let place = AssociatedData { event_id, stream_id: stream, field, key_id: &key_id };
            *personal = match key.as_ref().map(|key| key.open(&place, &sealed.data)) {
                None => Personal::Erased,
                Some(Ok(text)) => Personal::Clear(text),
                Some(Err(error)) => {
                    failed = Some(error);
                    return;
                }
            };
        });
        if let Some(error) = failed {
            return Err(error.into());
        }
    }
    Ok(())
}
