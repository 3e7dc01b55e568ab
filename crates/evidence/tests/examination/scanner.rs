//! The scanner: a real daemon, with one signature of ours.

use std::time::Duration;

use evidence::{Clamd, Examination, Limits, NotExamined, Verdict};

use crate::{pdfs, pictures};

/// The test file of the European Institute for Computer Antivirus Research, in two parts: scanners on the machines
/// of developers know it too.
const EICAR: [&str; 2] = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"];
const PATIENCE: Duration = Duration::from_secs(20);

async fn daemon() -> scratch::Clamd {
    scratch::Clamd::start(&format!("Eicar-Test:0:*:{}", hex::encode(EICAR.concat()))).await.unwrap()
}

fn client(address: &str, timeout: Duration) -> Clamd {
    Clamd::new(address.parse().unwrap(), timeout)
}

fn infected() -> Vec<u8> {
    pdfs::pdf(&[b"<< /Type /Catalog >>".to_vec(), format!("({})", EICAR.concat()).into_bytes()])
}

#[tokio::test]
async fn the_daemon_says_what_it_knows_over_both_kinds_of_socket() {
    let daemon = daemon().await;
    for address in [daemon.tcp(), daemon.unix()] {
        let clamd = client(&address, PATIENCE);
        let found = Verdict::Infected("Eicar-Test.UNOFFICIAL".to_owned());
        assert_eq!(clamd.scan(EICAR.concat().as_bytes()).await, Ok(found.clone()));
        assert_eq!(clamd.scan(&infected()).await, Ok(found));
        assert_eq!(clamd.scan(&pictures::png(8, 8)).await, Ok(Verdict::Clean));
        // Many chunks, up to the largest file that is taken.
        assert_eq!(clamd.scan(&vec![b'.'; 10 * 1024 * 1024]).await, Ok(Verdict::Clean));
        assert!(clamd.version().await.unwrap().starts_with("ClamAV "));
    }
}

#[tokio::test]
async fn malware_is_refused_and_what_is_clean_says_by_what() {
    let daemon = daemon().await;
    let examination = Examination::new(Limits::default(), Some(client(&daemon.tcp(), PATIENCE)));
    match examination.examine(infected()).await {
        Err(NotExamined::Refused(refused)) => assert_eq!(refused.reason(), "EVIDENCE_MALWARE"),
        other => panic!("{other:?}"),
    }
    let kept = examination.examine(pdfs::plain()).await.unwrap();
    assert!(kept.scanned_by.unwrap().starts_with("ClamAV "));
}

#[tokio::test]
async fn a_scanner_that_does_not_answer_lets_nothing_through() {
    let mut daemon = daemon().await;
    let is_away = async |address: &str, timeout: Duration| {
        let examination = Examination::new(Limits::default(), Some(client(address, timeout)));
        let examined = examination.examine(pdfs::plain()).await;
        matches!(examined, Err(NotExamined::ScannerAway(_)))
    };
    // Too large for it: no verdict, so no.
    let huge = vec![b'.'; 17 * 1024 * 1024];
    assert!(client(&daemon.tcp(), PATIENCE).scan(&huge).await.is_err());
    // It hangs.
    daemon.pause().unwrap();
    for address in [daemon.tcp(), daemon.unix()] {
        assert!(is_away(&address, Duration::from_millis(200)).await, "{address}");
    }
    // It is gone.
    daemon.kill().await.unwrap();
    for address in [daemon.tcp(), daemon.unix()] {
        assert!(is_away(&address, PATIENCE).await, "{address}");
    }
    // It is back.
    daemon.start_again().await.unwrap();
    assert!(!is_away(&daemon.tcp(), PATIENCE).await);
}
