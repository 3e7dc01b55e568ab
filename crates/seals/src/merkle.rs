//! The tree hash of RFC 6962 (section 2.1, SHA-256): one root over many leaves, and short proofs that a
//! leaf is among them.

use event_log::{Committed, Hash, StreamId};
use sha2::{Digest as _, Sha256};

/// Length of an encoded [`Leaf`], in bytes.
pub const LEAF_BYTES: usize = 66;

/// What a seal says of one event: where it stands, and the hash that covers everything else of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    /// The shard of the log.
    pub shard: u16,
    /// Place in the order of the shard.
    pub position: u64,
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Place in its stream.
    pub version: u64,
    /// Its chain hash, see [`event_log::chain_hash`].
    pub hash: Hash,
}

impl Leaf {
    /// The leaf of a recorded event.
    pub fn of(shard: u16, event: &Committed) -> Self {
        Self {
            shard,
            position: event.position,
            stream: event.stream,
            version: event.version,
            hash: event.hash,
        }
    }

    /// The canonical bytes. Numbers are big-endian and unsigned.
    ///
    /// | bytes | what |
    /// |---|---|
    /// | 0..2 | shard |
    /// | 2..10 | position |
    /// | 10..26 | the stream's id |
    /// | 26..34 | version |
    /// | 34..66 | chain hash |
    pub fn encode(&self) -> [u8; LEAF_BYTES] {
        let mut bytes = [0; LEAF_BYTES];
        bytes[..2].copy_from_slice(&self.shard.to_be_bytes());
        bytes[2..10].copy_from_slice(&self.position.to_be_bytes());
        bytes[10..26].copy_from_slice(self.stream.as_bytes());
        bytes[26..34].copy_from_slice(&self.version.to_be_bytes());
        bytes[34..].copy_from_slice(&self.hash);
        bytes
    }

    /// The leaf's hash in the tree.
    pub fn leaf_hash(&self) -> Hash {
        leaf_hash(&self.encode())
    }
}

/// The hash of a leaf: SHA-256 over the byte 0x00 and the leaf's bytes.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// The hash of an inner node: SHA-256 over the byte 0x01 and both children.
fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root over leaf hashes, in order. Without leaves it is the SHA-256 of nothing.
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [only] => *only,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

/// The audit path of the leaf at `index`, from the leaf upwards; `None` if there is no such leaf.
pub fn prove(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let (mut path, mut rest, mut index) = (Vec::new(), leaves, index);
    while rest.len() > 1 {
        let (left, right) = rest.split_at(split(rest.len()));
        if index < left.len() {
            path.push(root(right));
            rest = left;
        } else {
            path.push(root(left));
            index -= left.len();
            rest = right;
        }
    }
    path.reverse();
    Some(path)
}

/// Whether `path` leads from `leaf` at `index` to the `root` of a tree of `size` leaves (RFC 9162,
/// section 2.1.3.2).
pub fn is_included(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at % 2 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            // Alone at the right edge: it rises until it is somebody's right child.
            while at != 0 && at.is_multiple_of(2) {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && hash == *root
}

/// The largest power of two below `leaves`, which is at least 2.
fn split(leaves: usize) -> usize {
    leaves.next_power_of_two() / 2
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// The leaves of the RFC's reference implementation, in hex, each with the root up to and with it.
    const VECTORS: [(&str, &str); 8] = [
        ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
        ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
        (
            "606162636465666768696a6b6c6d6e6f",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ),
    ];

    fn leaves(count: usize) -> Vec<Hash> {
        VECTORS[..count].iter().map(|(leaf, _)| leaf_hash(&hex::decode(leaf).unwrap())).collect()
    }

    #[test]
    fn the_roots_are_those_of_the_reference_implementation() {
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex::encode(root(&[])), nothing);
        for (count, (_, expected)) in (1..).zip(VECTORS) {
            assert_eq!(hex::encode(root(&leaves(count))), expected, "{count} leaves");
        }
    }

    #[test]
    fn the_audit_paths_are_those_of_the_reference_implementation() {
        let path = |index, size| -> Vec<String> {
            prove(&leaves(size), index).unwrap().into_iter().map(hex::encode).collect()
        };
        assert_eq!(
            path(0, 8),
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ]
        );
        assert_eq!(path(2, 3), ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]);
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proven_and_nothing_else_is() {
        for size in 1..=67_usize {
            let leaves: Vec<Hash> = (0..size).map(|number| leaf_hash(&number.to_be_bytes())).collect();
            let top = root(&leaves);
            for index in 0..size {
                let path = prove(&leaves, index).unwrap();
                let proven = |leaf: &Hash, index: usize, size: usize, path: &[Hash]| {
                    is_included(leaf, index as u64, size as u64, path, &top)
                };
                assert!(proven(&leaves[index], index, size, &path), "{index} of {size}");
                assert!(!proven(&leaf_hash(b"other"), index, size, &path));
                assert!(!proven(&leaves[index], (index + 1) % (size + 1), size, &path));
                assert!(!proven(&leaves[index], size, size, &path));
                for at in 0..path.len() {
                    let mut wrong = path.clone();
                    wrong[at][0] ^= 1;
                    assert!(!proven(&leaves[index], index, size, &wrong));
                }
                assert!(!proven(&leaves[index], index, size, &[path.clone(), vec![top]].concat()));
                if let [shorter @ .., _] = path.as_slice() {
                    assert!(!proven(&leaves[index], index, size, shorter));
                }
            }
            assert_eq!(prove(&leaves, size), None);
        }
        assert!(!is_included(&root(&[]), 0, 0, &[], &root(&[])));
    }

    #[test]
    fn a_leaf_is_encoded_byte_by_byte_as_documented() {
        let leaf = Leaf {
            shard: 0x0102,
            position: 0x0304,
            stream: Uuid::from_bytes([0xAA; 16]),
            version: 0x0506,
            hash: [0xBB; 32],
        };
        let expected = format!("0102{:016x}{}{:016x}{}", 0x0304, "aa".repeat(16), 0x0506, "bb".repeat(32));
        assert_eq!(hex::encode(leaf.encode()), expected);
    }
}
