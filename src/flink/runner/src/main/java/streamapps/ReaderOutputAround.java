package streamapps;

import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceOutput;

/** What a reader writes to, which hands all on but for what it overrides. */
abstract class ReaderOutputAround extends OutputAround<ReaderOutput<byte[]>> implements ReaderOutput<byte[]> {

    ReaderOutputAround(ReaderOutput<byte[]> to) {
        super(to);
    }

    @Override
    public SourceOutput<byte[]> createOutputForSplit(String id) {
        return to.createOutputForSplit(id);
    }

    @Override
    public void releaseOutputForSplit(String id) {
        to.releaseOutputForSplit(id);
    }
}
