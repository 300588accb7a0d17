"""
Writes the records of batches.json with librdkafka: pip install confluent-kafka, then

    python produce.py localhost:19092 foreign-

into the topics foreign-gzip, foreign-snappy, foreign-lz4 and foreign-zstd, which must exist with one partition each.
batches.json holds what a fetch of such a topic brings, from offset 0 on.
"""

import sys
from confluent_kafka import Producer

servers, prefix = sys.argv[1:]
for codec in ["gzip", "snappy", "lz4", "zstd"]:
    producer = Producer({"bootstrap.servers": servers, "compression.type": codec, "linger.ms": 1000, "acks": "all"})
    for n in range(200):
        value = '{"n":%d,"text":"%s"}' % (n, f"record number {n} of a foreign client " * 5)
        headers = [("trace", b"1"), ("trace", None)]
        producer.produce(prefix + codec, key=f"key {n}", value=value, timestamp=1_760_000_000_000 + n, headers=headers)
    producer.flush()
