//! How Kafka's protocol writes numbers and texts.

#[derive(Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    pub fn i8(&mut self, number: i8) -> &mut Self {
        self.0.push(number as u8);
        self
    }

    pub fn i16(&mut self, number: i16) -> &mut Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub fn i32(&mut self, number: i32) -> &mut Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub fn i64(&mut self, number: i64) -> &mut Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        self.i16(text.len() as i16);
        self.0.extend_from_slice(text.as_bytes());
        self
    }
}

pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn take(&mut self, bytes: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(bytes);
        self.0 = rest;
        taken
    }

    pub fn i8(&mut self) -> i8 {
        self.take(1)[0] as i8
    }

    pub fn i16(&mut self) -> i16 {
        i16::from_be_bytes(self.take(2).try_into().unwrap())
    }

    pub fn i32(&mut self) -> i32 {
        i32::from_be_bytes(self.take(4).try_into().unwrap())
    }

    pub fn i64(&mut self) -> i64 {
        i64::from_be_bytes(self.take(8).try_into().unwrap())
    }

    pub fn text(&mut self) -> &'a [u8] {
        let length = self.i16();
        self.take(length.max(0) as usize)
    }

    pub fn varint(&mut self) -> i64 {
        let (mut zigzag, mut shift) = (0u64, 0);
        loop {
            let byte = self.0[0];
            self.0 = &self.0[1..];
            zigzag |= ((byte & 127) as u64) << shift;
            if byte < 128 {
                return ((zigzag >> 1) as i64) ^ -((zigzag & 1) as i64);
            }
            shift += 7;
        }
    }
}

pub fn put_varint(out: &mut Vec<u8>, number: i64) {
    let mut zigzag = ((number << 1) ^ (number >> 63)) as u64;
    while zigzag >= 128 {
        out.push(zigzag as u8 | 128);
        zigzag >>= 7;
    }
    out.push(zigzag as u8);
}

pub fn size_of_varint(number: i64) -> usize {
    let zigzag = ((number << 1) ^ (number >> 63)) as u64;
    (64 - (zigzag | 1).leading_zeros() as usize).div_ceil(7)
}
