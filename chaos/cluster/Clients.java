import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Kafka's own clients, as one process that lives as long as an experiment: what writes the input, reads the output and moves
 * leaders shares no line with the project's client.
 *
 * <p>A command is a line on standard input, an answer one on standard output, with tabs between the words; a text in it has
 * neither tabs nor line ends. Commands with a number are answered by {@code done} or {@code failed} and that number.
 *
 * <pre>
 * create N topic partitions          waits until the topic is there
 * exists N topic                     done N true, or false
 * write topic timestamp key value    is answered by the next flush
 * flush N                            all that was written is acknowledged by all replicas in sync
 * move N topic partition pick        makes another replica in sync the leader, and says which: done N broker
 * coordinator N transactional-id     which broker coordinates it: done N broker
 * follow topic                       from now on: record topic partition offset timestamp key value, committed ones only
 * </pre>
 */
final class Clients {
  private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);

  private final Map<String, Object> common;
  private final Admin admin;
  private final KafkaProducer<String, String> producer;
  private final ExecutorService flushes = Executors.newSingleThreadExecutor();
  private final ExecutorService requests = Executors.newFixedThreadPool(4);
  /** Of a record that could not be written: what was fed is then not what was asked for. */
  private volatile Exception unwritten;

  private Clients(String bootstrapServers) {
    common = Map.of("bootstrap.servers", bootstrapServers, "request.timeout.ms", 5_000, "metadata.max.age.ms", 5_000);
    admin = Admin.create(with("default.api.timeout.ms", 15_000));
    producer =
        new KafkaProducer<>(
            with("acks", "all", "enable.idempotence", true, "linger.ms", 0, "delivery.timeout.ms", 600_000),
            new StringSerializer(),
            new StringSerializer());
  }

  public static void main(String[] args) throws Exception {
    Clients clients = new Clients(args[0]);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) clients.obey(line.split("\t", -1));
    // Whoever asked is gone; what is not acknowledged by now is nobody's.
    Runtime.getRuntime().halt(0);
  }

  private void obey(String[] words) {
    switch (words[0]) {
      case "write" -> write(words[1], Long.parseLong(words[2]), words[3], words[4]);
      case "flush" -> answer(flushes, words[1], this::flush);
      case "create" -> answer(requests, words[1], () -> create(words[2], Integer.parseInt(words[3])));
      case "exists" -> answer(requests, words[1], () -> exists(words[2]));
      case "move" ->
          answer(requests, words[1], () -> move(words[2], Integer.parseInt(words[3]), Integer.parseInt(words[4])));
      case "coordinator" -> answer(requests, words[1], () -> coordinatorOf(words[2]));
      case "follow" -> new Thread(() -> follow(words[1])).start();
      default -> throw new IllegalArgumentException("no such command: " + words[0]);
    }
  }

  private interface Question {
    String ask() throws Exception;
  }

  private static void answer(ExecutorService executor, String number, Question question) {
    executor.execute(
        () -> {
          try {
            say("done", number, question.ask());
          } catch (Exception error) {
            Throwable cause = error.getCause() == null ? error : error.getCause();
            say("failed", number, String.valueOf(cause).replaceAll("\\s+", " "));
          }
        });
  }

  private void write(String topic, long timestamp, String key, String value) {
    producer.send(
        new ProducerRecord<>(topic, null, timestamp, key, value),
        (metadata, error) -> {
          if (error != null) unwritten = error;
        });
  }

  private String flush() throws Exception {
    producer.flush();
    if (unwritten != null) throw unwritten;
    return "";
  }

  private String create(String topic, int partitions) throws Exception {
    Map<String, String> configs = Map.of("retention.ms", "-1", "message.timestamp.after.max.ms", "9223372036854775807");
    NewTopic wanted = new NewTopic(topic, Optional.of(partitions), Optional.empty()).configs(configs);
    admin.createTopics(List.of(wanted)).all().get();
    while (!isReady(topic)) Thread.sleep(50);
    return "";
  }

  /** Whether every partition has a leader; a broker may not even have heard of a new topic. */
  private boolean isReady(String topic) throws Exception {
    try {
      return partitionsOf(topic).stream().allMatch(partition -> partition.leader() != null);
    } catch (ExecutionException error) {
      if (error.getCause() instanceof UnknownTopicOrPartitionException) return false;
      throw error;
    }
  }

  private String exists(String topic) throws Exception {
    return String.valueOf(admin.listTopics().names().get().contains(topic));
  }

  private List<TopicPartitionInfo> partitionsOf(String topic) throws Exception {
    return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions();
  }

  /** The replicas stay where they are: only their order changes, and the first of them is elected. */
  private String move(String topic, int number, int pick) throws Exception {
    TopicPartitionInfo partition = partitionsOf(topic).get(number);
    int leader = partition.leader() == null ? -1 : partition.leader().id();
    List<Integer> others = partition.isr().stream().map(Node::id).filter(id -> id != leader).sorted().toList();
    if (others.isEmpty()) throw new IllegalStateException("no other replica is in sync");
    int chosen = others.get(pick % others.size());
    Set<Integer> order = new LinkedHashSet<>(List.of(chosen));
    partition.replicas().forEach(replica -> order.add(replica.id()));
    TopicPartition place = new TopicPartition(topic, number);
    NewPartitionReassignment assignment = new NewPartitionReassignment(new ArrayList<>(order));
    admin.alterPartitionReassignments(Map.of(place, Optional.of(assignment))).all().get(10, TimeUnit.SECONDS);
    admin.electLeaders(ElectionType.PREFERRED, Set.of(place)).all().get(10, TimeUnit.SECONDS);
    return String.valueOf(chosen);
  }

  private String coordinatorOf(String transactionalId) throws Exception {
    return String.valueOf(
        admin.describeTransactions(List.of(transactionalId)).all().get().get(transactionalId).coordinatorId());
  }

  private void follow(String topic) {
    Map<String, Object> settings =
        with("isolation.level", "read_committed", "enable.auto.commit", false, "auto.offset.reset", "none");
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      List<PartitionInfo> partitions = List.of();
      // A broker may not have heard of a new topic.
      while (partitions.isEmpty()) partitions = consumer.partitionsFor(topic, Duration.ofSeconds(60));
      List<TopicPartition> places =
          partitions.stream().map(partition -> new TopicPartition(topic, partition.partition())).toList();
      consumer.assign(places);
      for (TopicPartition place : places) consumer.seek(place, 0);
      while (true) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
          say("record", topic, record.partition(), record.offset(), record.timestamp(), record.key(), record.value());
        }
      }
    } catch (Exception error) {
      say("failed", "0", "the reader of " + topic + ": " + error);
    }
  }

  private Map<String, Object> with(Object... settings) {
    Map<String, Object> all = new HashMap<>(common);
    for (int i = 0; i < settings.length; i += 2) all.put((String) settings[i], settings[i + 1]);
    return all;
  }

  private static void say(Object... words) {
    StringBuilder line = new StringBuilder();
    for (Object word : words) line.append(line.isEmpty() ? "" : "\t").append(word);
    synchronized (OUT) {
      OUT.append(line).append('\n');
      OUT.flush();
    }
  }
}
