//! The partition of a key, as Kafka's own producers choose it.

fn murmur2(data: &[u8]) -> u32 {
    let (m, r) = (0x5bd1e995u32, 24);
    let mut h: u32 = 0x9747b28c ^ data.len() as u32;
    let mut chunks = data.chunks_exact(4);
    for c in &mut chunks {
        let mut k = u32::from_le_bytes([c[0], c[1], c[2], c[3]]).wrapping_mul(m);
        k ^= k >> r;
        k = k.wrapping_mul(m);
        h = h.wrapping_mul(m) ^ k;
    }
    let rest = chunks.remainder();
    if rest.len() > 2 {
        h ^= (rest[2] as u32) << 16;
    }
    if rest.len() > 1 {
        h ^= (rest[1] as u32) << 8;
    }
    if !rest.is_empty() {
        h ^= rest[0] as u32;
        h = h.wrapping_mul(m);
    }
    h ^= h >> 13;
    h = h.wrapping_mul(m);
    h ^ (h >> 15)
}

pub fn partition(key: &[u8], partitions: usize) -> usize {
    (murmur2(key) & 0x7fffffff) as usize % partitions
}
