import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Writes the records of batches.json with Kafka's own client:
 *
 *     java -cp '.kafka/kafka-4.1.0/*' Produce.java localhost:19092 foreign-
 *
 * into the topics foreign-gzip, foreign-snappy, foreign-lz4 and foreign-zstd, which must exist with one partition each.
 */
public class Produce {
  public static void main(String[] args) {
    for (String codec : List.of("gzip", "snappy", "lz4", "zstd")) {
      Properties settings = new Properties();
      settings.put("bootstrap.servers", args[0]);
      settings.put("compression.type", codec);
      settings.put("linger.ms", "1000");
      settings.put("batch.size", "200000");
      try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
        for (int n = 0; n < 200; n++) {
          String text = ("record number " + n + " of a foreign client ").repeat(5);
          String value = "{\"n\":" + n + ",\"text\":\"" + text + "\"}";
          List<Header> headers = List.of(new RecordHeader("trace", new byte[] {'1'}), new RecordHeader("trace", null));
          long timestamp = 1_760_000_000_000L + n;
          producer.send(new ProducerRecord<>(args[1] + codec, null, timestamp, "key " + n, value, headers));
        }
      }
    }
  }
}
