package peer;

import java.util.Map;
import java.util.stream.Collectors;

import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/**
 * s16 and s20 in SQL: the same topics, JSON and keys as peer.Job; earliest to latest offsets (bounded), parallelism 2.
 * Times of bookings pass through as texts, since SQL's own type drops zeros at the end of a fraction.
 */
public class SqlJob {
    static final String TIME = "'yyyy-MM-dd''T''HH:mm:ss.SSS'";

    static final String FLIGHT = """
            email_address STRING,
            departure_time STRING,
            departure_airport_code STRING,
            arrival_time STRING,
            arrival_airport_code STRING,
            flight_number STRING,
            confirmation STRING,
            source STRING""";

    /** With the connector's options: a table that is read from the first record to the last one there is. */
    static String source(String name, String columns) {
        return table(name, columns, Map.of(
                "topic", System.getenv("PEER_" + name.toUpperCase()),
                "format", "json",
                "scan.startup.mode", "earliest-offset",
                "scan.bounded.mode", "latest-offset"));
    }

    /** At least once: nothing is missing, whatever fails, and something may be there twice. */
    static String sink(String name, String columns, String key) {
        return table(name, columns, Map.of(
                "topic", System.getenv("PEER_" + name.toUpperCase()),
                "key.format", "json",
                "key.fields", key,
                "value.format", "json",
                "sink.delivery-guarantee", "at-least-once"));
    }

    static String table(String name, String columns, Map<String, String> options) {
        String all = options.entrySet().stream()
                .map(option -> ", '" + option.getKey() + "' = '" + option.getValue() + "'")
                .collect(Collectors.joining());
        return "CREATE TABLE " + name + " (" + columns + ") WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = '"
                + System.getenv("BOOTSTRAP_SERVERS") + "'" + all + ")";
    }

    static TableResult s16(StreamTableEnvironment tables) {
        tables.executeSql(source("skyone", """
                email_address STRING,
                flight_departure_time STRING,
                iata_departure_code STRING,
                flight_arrival_time STRING,
                iata_arrival_code STRING,
                flight_number STRING,
                confirmation STRING"""));
        tables.executeSql(source("sunset", """
                customer_email_address STRING,
                departure_time STRING,
                departure_airport STRING,
                arrival_time STRING,
                arrival_airport STRING,
                flight_id STRING,
                reference_number STRING"""));
        tables.executeSql(sink("flightdata", FLIGHT, "confirmation"));
        return tables.executeSql("""
                INSERT INTO flightdata
                SELECT email_address, flight_departure_time, iata_departure_code, flight_arrival_time, iata_arrival_code,
                    flight_number, confirmation, 'skyone'
                FROM skyone
                WHERE TO_TIMESTAMP(flight_arrival_time, %1$s) > LOCALTIMESTAMP
                UNION ALL
                SELECT customer_email_address, departure_time, departure_airport, arrival_time, arrival_airport,
                    flight_id, reference_number, 'sunset'
                FROM sunset
                WHERE TO_TIMESTAMP(arrival_time, %1$s) > LOCALTIMESTAMP""".formatted(TIME));
    }

    static TableResult s20(StreamTableEnvironment tables) {
        tables.executeSql(source("flightdata", FLIGHT + """
                ,
                booked_at TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',
                WATERMARK FOR booked_at AS booked_at"""));
        tables.executeSql(sink("userstatistics", """
                email_address STRING,
                total_flight_duration BIGINT,
                number_of_flights BIGINT""", "email_address"));
        // A minute's sums, and their sum over all minutes so far.
        tables.executeSql("""
                CREATE TEMPORARY VIEW minutes AS
                SELECT email_address, window_time,
                    SUM(TIMESTAMPDIFF(MINUTE, TO_TIMESTAMP(departure_time, %1$s), TO_TIMESTAMP(arrival_time, %1$s))) AS duration,
                    COUNT(*) AS flights
                FROM TABLE(TUMBLE(TABLE flightdata, DESCRIPTOR(booked_at), INTERVAL '1' MINUTE))
                GROUP BY email_address, window_start, window_end, window_time""".formatted(TIME));
        return tables.executeSql("""
                INSERT INTO userstatistics
                SELECT email_address, SUM(duration) OVER accumulated, SUM(flights) OVER accumulated
                FROM minutes
                WINDOW accumulated AS (PARTITION BY email_address ORDER BY window_time
                    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)""");
    }

    public static void main(String[] args) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setParallelism(2);
        StreamTableEnvironment tables = StreamTableEnvironment.create(env);
        TableResult running = args[0].equals("s16") ? s16(tables) : s20(tables);
        JobExecutionResult result = running.getJobClient().orElseThrow().getJobExecutionResult().get();
        System.out.println("PEER_EVENT job_ms " + result.getNetRuntime());
        System.out.flush();
        System.exit(0);
    }
}
