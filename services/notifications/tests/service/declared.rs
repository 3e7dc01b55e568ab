//! What `casetrail rebuild` can throw away is exactly what the service derives.

use std::collections::BTreeSet;

use service_kit::projection::rebuild;

use crate::world::World;

#[tokio::test]
async fn every_read_model_that_runs_is_declared_and_can_be_thrown_away() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::start(&folder, "").await.unwrap();
    let running: BTreeSet<&str> = world.consumers().filter(|name| !name.contains(".on_")).collect();
    let declared = notifications::read_models();
    assert_eq!(declared.iter().map(|model| model.name).collect::<BTreeSet<_>>(), running);
    let store = world.parts.store("notifications", &notifications::MIGRATIONS).await.unwrap();
    for model in &declared {
        rebuild(&store, model).await.unwrap();
    }
}
